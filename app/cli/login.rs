//! `hutch login`, `logout` and `whoami`.

use std::io::{BufRead as _, IsTerminal as _};

use hutch_connectors::http::{origin_of, parse_url};
use hutch_model::{
    Catalogue, Credential, Error, ErrorKind, LoginMethod, Result, Secret, SecretPlace,
};
use hutch_viewers::numbers;
use serde_json::{Value as Json, json};

use super::context::{Context, ask_hidden};
use super::out::{Out, note, to_stderr};
use super::values;

/// What `hutch login` takes.
#[derive(Debug, clap::Args)]
pub(super) struct LoginOptions {
    /// The name of a site profile.
    site: String,
    /// The user.
    #[arg(long)]
    user: Option<String>,
    /// Read the password (or the token) from the first line of stdin.
    #[arg(long)]
    password_stdin: bool,
    /// The way to sign in, as the server names it.
    #[arg(long, value_name = "NAME")]
    method: Option<String>,
}

/// What `hutch logout` takes.
#[derive(Debug, clap::Args)]
pub(super) struct LogoutOptions {
    /// The name of a site profile.
    site: String,
}

/// Signs in.
///
/// # Errors
/// [`ErrorKind::SignIn`] where the server refuses; [`ErrorKind::Usage`] where
/// something is missing and nobody can be asked.
pub(super) fn login(context: &mut Context, options: &LoginOptions) -> Result<()> {
    context.make_secrets_last()?;
    let place = context.sites.vault().store().place();
    let (user, remaining_secs) = match context.sites.catalogue(&options.site) {
        Some((_, catalogue)) => {
            let methods = context.pools.wait(catalogue.login_methods())?;
            let method = choose(&methods, options)?;
            let fields = fields(method, options)?;
            let who = context
                .pools
                .wait(catalogue.sign_in(&method.name, &fields))?;
            (who.user, who.remaining_secs)
        }
        None => (storage_login(context, options)?, None),
    };
    if place == SecretPlace::Memory {
        note(
            "there is no keyring, so this sign-in ends with this command; \
             HUTCH_PASSPHRASE_FILE=FILE keeps secrets in an encrypted file",
        );
    }
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({
            "schema": "hutch.login/1",
            "site": options.site,
            "user": user,
            "remaining_secs": remaining_secs.map(values::real),
            "kept_in": place.to_string(),
        }))?;
    } else {
        out.line(format!(
            "signed in to {} as {user}; kept in {place}",
            options.site
        ))?;
    }
    out.finish()
}

/// The way that was named; else the first that asks for a user and a password
/// where one was given; else the first.
fn choose<'a>(methods: &'a [LoginMethod], options: &LoginOptions) -> Result<&'a LoginMethod> {
    let tried = format!("sign in to \"{}\"", options.site);
    let names: Vec<&str> = methods.iter().map(|method| method.name.as_str()).collect();
    let found = match &options.method {
        Some(name) => methods.iter().find(|method| method.name == *name),
        None => methods
            .iter()
            .find(|method| method.fields.iter().any(|field| field.hidden))
            .or_else(|| methods.first()),
    };
    found.ok_or_else(|| {
        let why = if names.is_empty() {
            "the site offers no way to sign in".to_owned()
        } else {
            format!("the site has no such way; it has {}", names.join(", "))
        };
        Error::new(ErrorKind::Usage, tried, why)
    })
}

/// The fields of a way, from the options or asked for.
fn fields(method: &LoginMethod, options: &LoginOptions) -> Result<Vec<(String, Secret)>> {
    let mut user = options.user.clone();
    method
        .fields
        .iter()
        .map(|field| {
            let text = if field.hidden {
                secret(options, &field.name)?
            } else {
                match user.take() {
                    Some(user) => user,
                    None => ask(&field.name, "--user")?,
                }
            };
            Ok((field.name.clone(), Secret::new(text)))
        })
        .collect()
}

fn secret(options: &LoginOptions, name: &str) -> Result<String> {
    if options.password_stdin {
        return read_line();
    }
    if !std::io::stdin().is_terminal() {
        return Err(nobody_to_ask(name, "--password-stdin"));
    }
    ask_hidden(&format!("{name}: "))
}

fn ask(name: &str, option: &str) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(nobody_to_ask(name, option));
    }
    to_stderr(&format!("{name}: "));
    read_line()
}

fn nobody_to_ask(name: &str, option: &str) -> Error {
    Error::new(
        ErrorKind::Usage,
        "sign in",
        format!("the {name} is missing and there is no terminal to ask on; use {option}"),
    )
}

fn read_line() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Keeps a user and a password, or a token, for a site without a catalogue.
fn storage_login(context: &Context, options: &LoginOptions) -> Result<String> {
    let tried = format!("sign in to \"{}\"", options.site);
    let profile = context
        .sites
        .profile(&options.site)
        .ok_or_else(|| Error::new(ErrorKind::NotFound, tried.clone(), "no site has this name"))?;
    let storage = context
        .sites
        .storage(&options.site)
        .filter(|storage| storage.root().starts_with("http"))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                tried,
                "the site has nothing to sign in to",
            )
        })?;
    let (root, _) = parse_url(storage.root())?;
    let (user, credential) = if profile.identity.kind == "bearer" {
        let token = Secret::new(secret(options, "token")?);
        (
            "the owner of the token".to_owned(),
            Credential::Bearer(token),
        )
    } else {
        let user = match &options.user {
            Some(user) => user.clone(),
            None => ask("username", "--user")?,
        };
        let password = Secret::new(secret(options, "password")?);
        (user.clone(), Credential::Basic { user, password })
    };
    let vault = context.sites.vault();
    let origin = origin_of(&root);
    context.pools.wait(vault.set(&origin, credential))?;
    // A wrong password is told now, and not kept.
    if let Err(error) = context.pools.wait(storage.list("/", &context.cancel)) {
        context.pools.wait(vault.forget(&origin))?;
        return Err(error);
    }
    Ok(user)
}

/// Signs out.
///
/// # Errors
/// Those of the catalogue and of the keyring.
pub(super) fn logout(context: &Context, options: &LogoutOptions) -> Result<()> {
    let site = &options.site;
    if !context.sites.names().contains(site) {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("sign out of \"{site}\""),
            "no site has this name",
        ));
    }
    if let Some((_, catalogue)) = context.sites.catalogue(site) {
        match context.pools.wait(catalogue.sign_out()) {
            // A session that is over already is what was wanted.
            Err(error) if error.kind != ErrorKind::SignIn => return Err(error),
            _ => {}
        }
    }
    if let Some(storage) = context.sites.storage(site)
        && let Ok((root, _)) = parse_url(storage.root())
    {
        let origin = origin_of(&root);
        context.pools.wait(context.sites.vault().forget(&origin))?;
    }
    context.sites.forget_blocks();
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({"schema": "hutch.logout/1", "site": site}))?;
    } else {
        out.line(format!("signed out of {site}"))?;
    }
    out.finish()
}

/// Tells who is signed in where.
///
/// # Errors
/// Those of writing; sites that cannot be asked are part of the answer.
pub(super) fn who_am_i(context: &Context) -> Result<()> {
    let mut sites = Vec::new();
    for site in context.sites.names() {
        sites.push(site_json(context, &site));
    }
    let mut out = Out::new();
    if context.wants_json {
        out.json(&json!({"schema": "hutch.whoami/1", "sites": sites}))?;
    } else {
        for site in &sites {
            out.line(line(site))?;
        }
        if sites.is_empty() {
            note("no site has a profile on this computer");
        }
    }
    out.finish()
}

fn site_json(context: &Context, site: &str) -> Json {
    let mut json = json!({"name": site, "user": null, "remaining_secs": null, "kept_in": null});
    if let Some(storage) = context.sites.storage(site)
        && let Ok((root, _)) = parse_url(storage.root())
    {
        let origin = origin_of(&root);
        let place = context.pools.wait(context.sites.vault().place_of(&origin));
        if let Ok(Some(place)) = place {
            json["storage_kept_in"] = json!(place.to_string());
        }
    }
    let Some((_, catalogue)) = context.sites.catalogue(site) else {
        return json;
    };
    let catalogue: &dyn Catalogue = catalogue.as_ref();
    match context.pools.wait(catalogue.who_am_i()) {
        Ok(who) => {
            json["user"] = json!(who.user);
            json["remaining_secs"] = json!(who.remaining_secs.map(values::real));
            json["kept_in"] = json!(context.sites.vault().store().place().to_string());
        }
        Err(error) => json["state"] = json!(error.why),
    }
    json
}

fn line(site: &Json) -> String {
    let text = |name: &str| site[name].as_str().unwrap_or_default();
    let who = match site["user"].as_str() {
        Some(user) => {
            let left = site["remaining_secs"]
                .as_f64()
                .map_or(String::new(), |secs| {
                    format!(", {}", numbers::time_left(secs))
                });
            format!("{user}{left}; kept in {}", text("kept_in"))
        }
        None if !text("storage_kept_in").is_empty() => {
            format!(
                "a secret for its storage is kept in {}",
                text("storage_kept_in")
            )
        }
        None if !text("state").is_empty() => format!("nobody ({})", text("state")),
        None => "nobody".to_owned(),
    };
    format!("{}\t{who}", text("name"))
}
