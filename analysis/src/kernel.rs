//! The seam of every numeric operation: one definition, three bodies.

use std::borrow::Cow;
use std::fmt;

use hutch_model::{Cancel, Error, ErrorKind, Result};

use crate::array::Array;
use crate::gpu::GpuContext;

/// One definition with three bodies: a binary64 reference that is easy to read
/// beside its source, a fast CPU body, and a GPU body as a list of WGSL passes.
///
/// A kernel is a plain value that holds its parameters. Inputs and output are
/// [`Array`]s; every implementation documents their shapes.
pub trait Kernel: fmt::Debug + Send + Sync {
    /// Its name, as in `flat_field`; its shaders are named like it.
    fn name(&self) -> &'static str;

    /// Its parameters with their values, for logs, recipes and people.
    fn parameters(&self) -> Vec<Parameter>;

    /// How much of each input axis one output sample needs.
    fn axes(&self) -> &'static [AxisNeed];

    /// Agreement of the other bodies with the reference.
    fn tolerance(&self) -> Tolerance;

    /// The shape of the output for inputs of these shapes.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the inputs do not fit each other.
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>>;

    /// Memory that a body takes beside its inputs, in bytes, the output included.
    fn memory_bytes(&self, inputs: &[&[usize]]) -> u64;

    /// The definition itself, in binary64.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the inputs do not fit.
    fn reference(&self, inputs: &[&Array]) -> Result<Vec<f64>>;

    /// The fast body on the CPU, in the rayon pool of the caller.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the inputs do not fit, [`ErrorKind::Cancelled`].
    fn cpu(&self, inputs: &[&Array], cancel: &Cancel) -> Result<Array>;

    /// The body on the GPU: buffers and passes, to be run by [`GpuContext::run`].
    ///
    /// A pass should take no more than `step_limit` inner steps
    /// ([`GpuContext::step_limit`]), so that the device stays responsive.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`] when the inputs do not fit.
    fn gpu<'a>(&self, inputs: &[&'a Array], step_limit: u64) -> Result<GpuPlan<'a>>;
}

/// A parameter of a kernel, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, with the unit where the value does not say.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it does.
    pub meaning: &'static str,
}

/// How much of an input axis one output sample needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisNeed {
    /// The axis, as in `angle`.
    pub axis: &'static str,
    /// How much of it.
    pub need: Need,
}

/// How much of an axis is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// All of it: the axis cannot be cut.
    Whole,
    /// The sample itself and so many neighbours on either side; 0 cuts anywhere.
    Halo(usize),
}

/// The largest difference from the reference, over the largest reference value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Of the fast CPU body.
    pub cpu: f64,
    /// Of the GPU body.
    pub gpu: f64,
}

/// Work for a GPU: buffers, and passes over them in order.
#[derive(Clone, Debug)]
pub struct GpuPlan<'a> {
    /// The buffers, in 32-bit words.
    pub buffers: Vec<GpuBuffer<'a>>,
    /// The passes, in order.
    pub passes: Vec<GpuPass>,
    /// The buffer that holds the result.
    pub output: usize,
    /// The shape of the result.
    pub shape: Vec<usize>,
}

/// A storage buffer of binary32.
#[derive(Clone, Debug)]
pub enum GpuBuffer<'a> {
    /// Uploaded before the first pass.
    Input(Cow<'a, [f32]>),
    /// So many zeros.
    Zeros(usize),
}

impl GpuBuffer<'_> {
    /// How many samples it holds.
    pub fn sample_count(&self) -> usize {
        match self {
            Self::Input(samples) => samples.len(),
            Self::Zeros(count) => *count,
        }
    }
}

/// One dispatch of one compute shader.
///
/// Binding 0 of group 0 is the uniform struct, bindings 1 and on are `buffers`.
/// The entry point is `main`.
#[derive(Clone, Debug)]
pub struct GpuPass {
    /// The shader's file name without `.wgsl`.
    pub name: &'static str,
    /// Its text.
    pub wgsl: &'static str,
    /// The uniform struct, word by word.
    pub uniforms: Vec<u32>,
    /// Which buffers it binds, as indices into [`GpuPlan::buffers`].
    pub buffers: Vec<usize>,
    /// Workgroups along x, y, z.
    pub workgroups: [u32; 3],
    /// Inner steps, to keep each submission short.
    pub step_count: u64,
}

/// Which body runs.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// The binary64 reference, rounded to binary32 at the end.
    Reference,
    /// The fast CPU body.
    Cpu,
    /// The GPU body on this device.
    Gpu(&'a GpuContext),
}

/// Runs one body of a kernel.
///
/// # Errors
/// What the body says; [`ErrorKind::Gpu`] when the device refuses, and
/// [`ErrorKind::Limit`] when a buffer does not fit it.
pub fn run(
    kernel: &dyn Kernel,
    body: Body<'_>,
    inputs: &[&Array],
    cancel: &Cancel,
) -> Result<Array> {
    cancel.check()?;
    match body {
        Body::Reference => {
            let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
            let shape = kernel.output_shape(&shapes)?;
            Array::new(
                shape,
                crate::numeric::to_f32_vec(&kernel.reference(inputs)?),
            )
        }
        Body::Cpu => kernel.cpu(inputs, cancel),
        Body::Gpu(context) => context.run(&kernel.gpu(inputs, context.step_limit())?, cancel),
    }
}

/// Exactly this many inputs, or an error that says which are wanted.
///
/// # Errors
/// [`ErrorKind::Usage`] when there are more or fewer.
pub fn exactly<'s, 'a, T: ?Sized, const N: usize>(
    inputs: &'s [&'a T],
    wanted: &'static str,
) -> Result<[&'a T; N]> {
    <[&'a T; N]>::try_from(inputs).map_err(|_length| {
        Error::new(
            ErrorKind::Usage,
            "run a kernel",
            format!(
                "{} inputs given where these are wanted: {wanted}",
                inputs.len()
            ),
        )
    })
}
