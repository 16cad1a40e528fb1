//! Gathers the settings: defaults, then the file, then the environment, then arguments; later ones win.

use std::path::Path;

use figment::error::Kind;
use figment::providers::{Format, Serialized, Toml};
use figment::value::Value;
use figment::{Figment, Profile, Provider};

use super::arguments::Arguments;
use super::environment::unquoted;
use super::given::Given;
use super::place::{SettingsFile, place};
use super::rules::faults;
use super::{Config, environment, names};

/// The file that is read if it is there and no other is named.
pub(super) const DEFAULT_FILE: &str = "Leptos.toml";

/// Faults in the settings, one per line: its place, the setting, the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// Texts of the faults.
    pub fn faults(&self) -> &[String] {
        &self.0
    }
}

impl Config {
    /// Gathers the settings for a start with `arguments` in the working directory.
    ///
    /// # Errors
    /// Every faulty setting, with the reason and the place where it was made.
    pub fn load(arguments: &Arguments) -> Result<Self, ConfigError> {
        let path = match &arguments.config {
            Some(path) => Some(path.as_path()),
            None => Some(Path::new(DEFAULT_FILE)).filter(|path| path.is_file()),
        };
        let file = path.map(SettingsFile::read).transpose().map_err(|fault| ConfigError(vec![fault]))?;
        let mut given = environment::given(std::env::vars_os());
        given.extend(arguments.given());
        let whole = |key: String, fault: String| match place(&key, file.as_ref(), &given) {
            Some(place) => format!("{place}: {key}: {fault}"),
            None => format!("{key}: {fault}"),
        };

        // Figment would ignore the rest of a key after its empty part, and so most often the whole setting.
        let nameless: Vec<_> = given.iter().filter(|given| given.key.split('.').any(str::is_empty)).collect();
        if !nameless.is_empty() {
            let fault =
                |given: &&Given| format!("{}: it names no setting, which is a section and a key", given.by);
            return Err(ConfigError(nameless.iter().map(fault).collect()));
        }

        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = &file {
            figment = figment.merge(Toml::string(file.text()));
        }
        // The default of a setting tells the type that its text stands for.
        let defaults = figment.clone();
        for given in &given {
            let value = read(&given.text, defaults.find_value(&given.key).ok().as_ref());
            figment = figment.merge(One(&given.key, value));
        }
        let mut config: Self = figment.extract().map_err(|errors| {
            ConfigError(
                errors
                    .into_iter()
                    .map(|error| {
                        let (key, fault) = explain(error);
                        whole(key, fault)
                    })
                    .collect(),
            )
        })?;
        names::in_ascii(&mut config);
        let faults: Vec<_> = faults(&config).into_iter().map(|(key, fault)| whole(key, fault)).collect();
        if faults.is_empty() { Ok(config) } else { Err(ConfigError(faults)) }
    }
}

/// Parses a text by the type of the default `like`: strings stay as they are, lists may lack brackets.
fn read(text: &str, like: Option<&Value>) -> Value {
    let is_list = text.trim_start().starts_with('[') && text.trim_end().ends_with(']');
    match like {
        Some(Value::String(..)) => Value::from(text),
        Some(Value::Array(..)) if !is_list => {
            Value::from(text.split(',').map(unquoted).filter(|part| !part.is_empty()).collect::<Vec<_>>())
        }
        // Figment's parser never fails: it takes anything else for a string.
        _ => as_toml(text).or_else(|| text.parse().ok()).unwrap_or_else(|| Value::from(text)),
    }
}

/// Parses a text as in the file. Figment's own parser needs no quotes, but takes single ones for those of a single
/// character.
fn as_toml(text: &str) -> Option<Value> {
    Figment::from(Toml::string(&format!("value = {text}"))).find_value("value").ok()
}

/// One setting as a provider for Figment.
struct One<'a>(&'a str, Value);

impl Provider for One<'_> {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::named("one setting")
    }

    fn data(&self) -> Result<figment::value::Map<Profile, figment::value::Dict>, figment::Error> {
        let Self(key, value) = self;
        let dict = figment::util::nest(key, value.clone()).into_dict().unwrap_or_default();
        Ok(Profile::Default.collect(dict))
    }
}

/// Splits an error of Figment into the key and the reason.
fn explain(error: figment::Error) -> (String, String) {
    let mut path = error.path;
    let fault = match error.kind {
        Kind::UnknownField(name, known) => {
            if path.last() != Some(&name) {
                path.push(name);
            }
            format!("there is no such setting; there are {}", known.join(", "))
        }
        // The general text would show the value.
        Kind::InvalidType(_, wanted) | Kind::InvalidValue(_, wanted) if is_secret(&path) => {
            format!("it must be {}", in_words(&wanted))
        }
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("it must be {}, not {found}", in_words(&wanted))
        }
        Kind::UnknownVariant(found, known) => {
            format!("it must be one of {}, not {found:?}", known.join(", "))
        }
        kind => kind.to_string(),
    };
    (path.join("."), fault)
}

/// Describes a type that serde calls by its name in Rust.
fn in_words(wanted: &str) -> &str {
    match wanted {
        "u16" => "a whole number from 0 to 65535",
        "u32" | "usize" => "a whole number from 0 on",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a string" | "path string" => "a text",
        wanted if wanted.starts_with("struct ") => "a section or entry with keys",
        wanted => wanted,
    }
}

/// Whether a value is a secret or holds one: text that does not parse is refused as a whole, secret included.
fn is_secret(path: &[String]) -> bool {
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    matches!(
        path.as_slice(),
        ["ice", ..] | ["relay" | "ops"] | ["ops", "hooks", ..] | [.., "secret" | "credential" | "token"]
    )
}
