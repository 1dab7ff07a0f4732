//! Manifests: an inventory of S3 names files that list objects, and Athena's names the files of a query's result.

use std::io::Read;

use serde_json::Value;

use super::super::items::{Format, Header, Rows};
use super::super::said;
use super::objects::{Location, Objects};

/// Who has made a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manifest {
    Inventory,
    Athena,
}

/// The files that a manifest names, one after the other.
type Files = Box<dyn Iterator<Item = Result<Location, String>>>;

impl Manifest {
    /// What a reader's configuration says; nothing where the object itself has the items.
    pub(super) fn kind(config: &Value) -> Result<Option<Self>, String> {
        match said::text(config, "ManifestType")? {
            Some("ATHENA_DATA") => Ok(Some(Manifest::Athena)),
            Some("S3_INVENTORY") => Ok(Some(Manifest::Inventory)),
            Some(other) => Err(format!("The value '{other}' of the field 'ManifestType' is not supported")),
            None if config["InputType"] == "MANIFEST" => Ok(Some(Manifest::Inventory)),
            None => Ok(None),
        }
    }

    /// How items stand in the files, where the manifest does not say it.
    pub(super) fn format(self, config: &Value) -> Result<Option<Format>, String> {
        match self {
            Manifest::Inventory => Ok(None),
            Manifest::Athena => match Format::of(config)? {
                Format::Json { .. } => {
                    Err("The field 'InputType' must be one of [CSV, JSONL, PARQUET] for a manifest of Athena"
                        .into())
                }
                format => Ok(Some(format)),
            },
        }
    }

    /// The files that the manifest names, and how items stand in them.
    pub(super) fn files(
        self,
        objects: &Objects<'_>,
        at: &Location,
        format: Option<Format>,
    ) -> Result<(Format, Files), String> {
        if let (Manifest::Athena, Some(format)) = (self, format) {
            return Ok((format, Box::new(Named { manifest: objects.unpacked(at)?, rows: Rows::new(b',') })));
        }
        let manifest = objects.json(at)?;
        let format = of_inventory(&manifest)?;
        let keys = manifest["files"].as_array().into_iter().flatten().map(|file| &file["key"]);
        let bucket = at.bucket.clone();
        let files: Vec<Result<Location, String>> = keys
            .map(|key| {
                let key = key.as_str().ok_or("A file of the manifest has no key")?.to_owned();
                Ok(Location { bucket: bucket.clone(), key, version_id: None })
            })
            .collect();
        Ok((format, Box::new(files.into_iter())))
    }
}

fn of_inventory(manifest: &Value) -> Result<Format, String> {
    match manifest["fileFormat"].as_str() {
        Some("CSV") => {
            let columns = manifest["fileSchema"].as_str().unwrap_or_default();
            let header = Header::Given(columns.split(',').map(|name| name.trim().to_owned()).collect());
            Ok(Format::Csv { delimiter: b',', header })
        }
        Some("Parquet") => Ok(Format::Parquet),
        Some(other) => Err(format!("states: an inventory in {other} is not implemented.")),
        None => Err("The manifest does not say in which format its files are".into()),
    }
}

/// The files that stand in a manifest of Athena, each by its address in a line.
struct Named {
    manifest: Box<dyn Read>,
    rows: Rows,
}

impl Iterator for Named {
    type Item = Result<Location, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next(&mut *self.manifest).transpose()?;
        Some(row.and_then(|row| located(row.first().map_or("", String::as_str))))
    }
}

fn located(uri: &str) -> Result<Location, String> {
    let path = uri.trim().strip_prefix("s3://").or_else(|| uri.trim().strip_prefix("S3://"));
    match path.and_then(|path| path.split_once('/')) {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
            Ok(Location { bucket: bucket.to_owned(), key: key.to_owned(), version_id: None })
        }
        _ => Err(format!("The manifest names no object of S3: '{uri}'")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn manifests_are_told_by_their_type() {
        let kind = |config: Value| Manifest::kind(&config);
        assert_eq!(kind(json!({"InputType": "CSV"})).unwrap(), None);
        assert_eq!(kind(json!({"InputType": "MANIFEST"})).unwrap(), Some(Manifest::Inventory));
        assert_eq!(kind(json!({"ManifestType": "S3_INVENTORY"})).unwrap(), Some(Manifest::Inventory));
        assert_eq!(kind(json!({"ManifestType": "ATHENA_DATA"})).unwrap(), Some(Manifest::Athena));
        assert!(kind(json!({"ManifestType": "OTHER"})).unwrap_err().contains("OTHER"));
        assert!(Manifest::Athena.format(&json!({"InputType": "JSON"})).unwrap_err().contains("PARQUET"));
        assert!(of_inventory(&json!({"fileFormat": "ORC"})).unwrap_err().contains("ORC"));
    }

    #[test]
    fn lines_name_objects() {
        let at =
            |bucket: &str, key: &str| Location { bucket: bucket.into(), key: key.into(), version_id: None };
        assert_eq!(located("s3://b/a/c.gz ").unwrap(), at("b", "a/c.gz"));
        for wrong in ["", "b/a", "s3://b", "s3:///a", "s3://b/"] {
            assert!(located(wrong).is_err(), "{wrong}");
        }
        let manifest: Box<dyn Read> = Box::new(&b"s3://b/1\ns3://b/2\n"[..]);
        let files: Vec<_> = Named { manifest, rows: Rows::new(b',') }.map(Result::unwrap).collect();
        assert_eq!(files, [at("b", "1"), at("b", "2")]);
    }
}
