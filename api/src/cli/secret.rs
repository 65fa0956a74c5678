//! Settings that must not be seen: from the environment, or from a file that another one names.

use std::path::Path;

use super::Failure;

/// The secret itself, or the contents of the file, without the line's end.
///
/// # Errors
/// Both are given, or the file cannot be read.
pub fn secret(name: &str, given: Option<String>, file: Option<&Path>) -> Result<Option<String>, Failure> {
    match (given, file) {
        (Some(_), Some(_)) => Err(Failure::usage(format!("{name} and {name}_FILE are both set; set one of them"))),
        (given, None) => Ok(given),
        (None, Some(file)) => match std::fs::read_to_string(file) {
            Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => Err(Failure::usage(format!("{name}_FILE: {} cannot be read: {error}", file.display()))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_from_one_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        assert_eq!(secret("KEY", None, Some(file.path())).unwrap().as_deref(), Some("s3cret"));
        assert_eq!(secret("KEY", Some("a".to_owned()), None).unwrap().as_deref(), Some("a"));
        assert!(secret("KEY", Some("a".to_owned()), Some(file.path())).is_err());
        assert!(secret("KEY", None, Some(Path::new("/nowhere"))).is_err());
    }
}
