//! One spelling for each value, the same as `generate.py` has.

use hutch_model::{Samples, Value};

/// The canonical text of a value.
pub(crate) fn of_value(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => of_f64(*value),
        Value::Complex(real, imaginary) => of_complex(*real, *imaginary),
        Value::Text(text) => of_text(text),
        Value::Bytes(bytes) => {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x{}", hex.concat())
        }
        Value::List(values) => format!("[{}]", joined(values)),
        Value::Record(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", of_value(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Described(text) if text == "empty" => "null".to_owned(),
        Value::Described(text) => of_reference(text),
    }
}

/// The canonical texts of all samples, one in a line.
pub(crate) fn of_samples(samples: &Samples) -> String {
    let lines: Vec<String> = (0..samples.len())
        .map(|index| match samples {
            Samples::Text(texts) => of_text(&texts[index]),
            Samples::Values(values) => of_value(&values[index]),
            Samples::F16(_) | Samples::F32(_) | Samples::F64(_) => of_f64(samples.get_f64(index)),
            Samples::Complex64(values) => {
                let [real, imaginary] = values[index].map(f64::from);
                of_complex(real, imaginary)
            }
            Samples::Complex128(values) => of_complex(values[index][0], values[index][1]),
            integers => integers.get_text(index),
        })
        .collect();
    lines.join("\n")
}

/// A reference by the path that it names, as h5py finds it; anything else in its words.
fn of_reference(text: &str) -> String {
    let quoted = |start: &str| text.strip_prefix(start)?.strip_suffix('"');
    match (
        quoted("reference to a region of \""),
        quoted("reference to \""),
    ) {
        (Some(path), _) => format!("region({path})"),
        (_, Some(path)) => format!("ref({path})"),
        _ if text == "no reference" => "ref(null)".to_owned(),
        _ => format!("({text})"),
    }
}

fn joined(values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(of_value).collect();
    texts.join(",")
}

fn of_f64(value: f64) -> String {
    format!("f{:016x}", value.to_bits())
}

fn of_complex(real: f64, imaginary: f64) -> String {
    format!("c({},{})", of_f64(real), of_f64(imaginary))
}

fn of_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
