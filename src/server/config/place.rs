//! Source of a setting, for messages: the line of the file, the variable or the argument.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{ImDocument, Item, Value};

use super::given::Given;

/// The file with settings, as it was written.
#[derive(Debug)]
pub(super) struct SettingsFile {
    path: PathBuf,
    document: ImDocument<String>,
}

impl SettingsFile {
    /// Reads and parses the file.
    ///
    /// # Errors
    /// Why the file cannot be read, or which line of it is no TOML.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|fault| format!("{shown}: {fault}"))?;
        let document = ImDocument::parse(text.clone()).map_err(|fault| {
            let line = line_of(&text, fault.span().unwrap_or_default().start);
            format!("{shown}:{line}: {}", fault.message().replace('\n', ", "))
        })?;
        Ok(Self { path: path.to_owned(), document })
    }

    /// Text of the file.
    pub(super) fn text(&self) -> &str {
        self.document.raw()
    }

    /// Finds `file:line` of a setting, or of an entry in its list.
    fn place(&self, path: &[&str]) -> Option<String> {
        let span = self.span(path)?;
        Some(format!("{}:{}", self.path.display(), line_of(self.text(), span.start)))
    }

    fn span(&self, path: &[&str]) -> Option<Range<usize>> {
        let (section_key, section) = self.document.get_key_value(path.first()?)?;
        let Some(key) = path.get(1) else {
            return section_key.span().or_else(|| section.span());
        };
        let (key, value) = section.as_table_like()?.get_key_value(key)?;
        let index = path.get(2).and_then(|index| index.parse::<usize>().ok());
        let entry = index.and_then(|index| match value {
            Item::ArrayOfTables(tables) => tables.get(index)?.span(),
            Item::Value(Value::Array(values)) => values.get(index)?.span(),
            _ => None,
        });
        entry.or_else(|| key.span()).or_else(|| value.span())
    }
}

/// Tells the source of a setting, unless it is a default.
pub(super) fn place(key: &str, file: Option<&SettingsFile>, given: &[Given]) -> Option<String> {
    let is_it = |given: &&Given| {
        let below =
            |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        key == given.key || below(&given.key, key) || below(key, &given.key)
    };
    match given.iter().rev().find(is_it) {
        Some(given) => Some(given.by.clone()),
        None => file?.place(&key.split('.').collect::<Vec<_>>()),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
