//! `hutch doctor`: one page about this computer, without secrets.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hutch_connectors::http::parse_url;
use hutch_connectors::identity::KeyringStore;
use hutch_model::Result;
use hutch_viewers::numbers;
use serde_json::{Value as Json, json};

use super::context::Context;
use super::out::Out;

/// A server that does not answer by then is told as not reachable.
const PATIENCE: Duration = Duration::from_secs(4);

/// Runs the command. What is wrong with the computer is the answer, no error.
///
/// # Errors
/// Those of writing.
pub(super) fn run(context: &Context) -> Result<()> {
    let page = json!({
        "schema": "hutch.doctor/1",
        "version": env!("CARGO_PKG_VERSION"),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "display": display(),
        "adapters": adapters(),
        "keyring": keyring(context),
        "secrets_kept_in": context.sites.vault().store().place().to_string(),
        "certificates": certificates(context),
        "proxies": proxies(),
        "folders": folders(context),
        "memory_for_frames_bytes": context.settings.memory_bytes(),
        "sites": sites(context),
        "warnings": context.sites.warnings(),
    });
    let mut out = Out::new();
    if context.wants_json {
        out.json(&page)?;
    } else {
        print(&mut out, &page)?;
    }
    out.finish()
}

fn display() -> Json {
    let set: Vec<&str> = ["WAYLAND_DISPLAY", "DISPLAY", "SSH_CONNECTION"]
        .into_iter()
        .filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
        .collect();
    json!(set)
}

fn adapters() -> Json {
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    let instance = wgpu::Instance::new(descriptor);
    let backends = wgpu::Backends::from_env().unwrap_or(wgpu::Backends::all());
    pollster::block_on(instance.enumerate_adapters(backends))
        .iter()
        .map(|adapter| {
            let info = adapter.get_info();
            json!({
                "name": info.name,
                "backend": info.backend.to_string(),
                "kind": format!("{:?}", info.device_type),
                "driver": format!("{} {}", info.driver, info.driver_info).trim(),
                "largest_buffer_bytes": adapter.limits().max_buffer_size,
            })
        })
        .collect()
}

fn keyring(context: &Context) -> String {
    match context.pools.wait(KeyringStore::probe()) {
        Ok(_) => "works".to_owned(),
        Err(error) => error.why,
    }
}

/// Where further certificate authorities come from; the system's always count.
fn certificates(context: &Context) -> Json {
    let mut found = vec![json!({"from": "the system"})];
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        if let Some(path) = std::env::var_os(name).map(PathBuf::from) {
            found.push(json!({"from": name, "path": path, "exists": path.exists()}));
        }
    }
    for site in context.sites.names() {
        let bundle = context
            .sites
            .profile(&site)
            .and_then(|profile| profile.limits.ca_bundle.clone());
        if let Some(path) = bundle {
            let from = format!("the site {site}");
            found.push(json!({"from": from, "path": path, "exists": path.exists()}));
        }
    }
    json!(found)
}

/// Names of proxy variables that are set; their values may hold a password.
fn proxies() -> Vec<&'static str> {
    [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "NO_PROXY",
        "no_proxy",
    ]
    .into_iter()
    .filter(|name| std::env::var_os(name).is_some())
    .collect()
}

fn folders(context: &Context) -> Json {
    let folders = &context.folders;
    [
        ("config", &folders.config),
        ("cache", &folders.cache),
        ("state", &folders.state),
    ]
    .into_iter()
    .map(|(name, path)| json!({"name": name, "path": path, "free_bytes": free_bytes(path)}))
    .collect()
}

/// Free space of the disk of a folder that may not exist yet, as `df` tells it.
fn free_bytes(path: &Path) -> Option<u64> {
    let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
    let output = Command::new("df").arg("-Pk").arg(existing).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    free_of_df(&text)
}

/// The fourth column of the second line. Source: POSIX, `df -P`.
fn free_of_df(text: &str) -> Option<u64> {
    let line = text.lines().nth(1)?;
    let kib: u64 = line.split_whitespace().nth(3)?.parse().ok()?;
    kib.checked_mul(1024)
}

fn sites(context: &Context) -> Json {
    context
        .sites
        .list()
        .iter()
        .map(|site| {
            let profile = context.sites.profile(&site.name);
            let storage = context.sites.storage(&site.name);
            let catalogue = profile.and_then(|profile| profile.catalogue.as_ref());
            let mut addresses: Vec<String> = Vec::new();
            addresses.extend(catalogue.map(|catalogue| catalogue.url.clone()));
            addresses.extend(storage.map(|storage| storage.root().to_owned()));
            let servers: Vec<Json> = addresses
                .iter()
                .filter(|address| !address.is_empty())
                .map(|address| reach(context, address))
                .collect();
            let compute = context.sites.compute(&site.name);
            json!({
                "name": site.name,
                "title": site.label,
                "servers": servers,
                "compute": compute.map(|compute| compute.name().to_owned()),
            })
        })
        .collect()
}

/// Whether a server takes a connection. Nothing is sent to it.
fn reach(context: &Context, address: &str) -> Json {
    let Ok((url, _)) = parse_url(address) else {
        let exists = Path::new(address.trim_start_matches("file://")).exists();
        return json!({"address": address, "reachable": exists});
    };
    let shown = hutch_connectors::http::without_secrets(&url);
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let answer = context.pools.wait(async move {
        let connect = tokio::net::TcpStream::connect((host, port));
        match tokio::time::timeout(PATIENCE, connect).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer in {} s", PATIENCE.as_secs())),
        }
    });
    match answer {
        Ok(()) => json!({"address": shown, "reachable": true}),
        Err(why) => json!({"address": shown, "reachable": false, "why": why}),
    }
}

fn print(out: &mut Out, page: &Json) -> Result<()> {
    let text = |value: &Json| match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            items.join(", ")
        }
        other => other.to_string(),
    };
    for name in [
        "version",
        "system",
        "cores",
        "display",
        "keyring",
        "secrets_kept_in",
        "proxies",
    ] {
        let value = text(&page[name]);
        let value = if value.is_empty() { "none" } else { &value };
        out.line(format!("{:<18}{value}", name.replace('_', " ")))?;
    }
    let memory = page["memory_for_frames_bytes"].as_u64().unwrap_or(0);
    out.line(format!(
        "{:<18}{}",
        "memory for frames",
        numbers::bytes(memory)
    ))?;
    let each = |name: &str| page[name].as_array().cloned().unwrap_or_default();
    if each("adapters").is_empty() {
        out.line("graphics          none; install a Vulkan or OpenGL driver")?;
    }
    for adapter in each("adapters") {
        out.line(format!(
            "graphics          {} ({}, {}) {}",
            text(&adapter["name"]),
            text(&adapter["backend"]),
            text(&adapter["kind"]),
            text(&adapter["driver"])
        ))?;
    }
    for found in each("certificates") {
        let path = found["path"].as_str().unwrap_or_default();
        out.line(format!("certificates      {} {path}", text(&found["from"])))?;
    }
    for folder in each("folders") {
        let free = folder["free_bytes"]
            .as_u64()
            .map_or("unknown".to_owned(), numbers::bytes);
        let name = text(&folder["name"]);
        out.line(format!("{name:<18}{} ({free} free)", text(&folder["path"])))?;
    }
    for site in each("sites") {
        out.line(format!(
            "site              {} ({})",
            text(&site["name"]),
            text(&site["title"])
        ))?;
        for server in site["servers"].as_array().into_iter().flatten() {
            let state = match server["why"].as_str() {
                _ if server["reachable"] == true => "reachable".to_owned(),
                Some(why) => format!("not reachable: {why}"),
                None => "not reachable".to_owned(),
            };
            out.line(format!(
                "                  {} {state}",
                text(&server["address"])
            ))?;
        }
        if let Some(compute) = site["compute"].as_str() {
            out.line(format!("                  compute: {compute}"))?;
        }
    }
    for warning in each("warnings") {
        out.line(format!("warning           {}", text(&warning)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_is_the_fourth_column_of_df() {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                    /dev/sda1 100 40 60 40% /\n";
        assert_eq!(free_of_df(text), Some(60 * 1024), "60 KiB are free");
        assert_eq!(free_of_df("nonsense"), None, "nothing to read");
    }
}
