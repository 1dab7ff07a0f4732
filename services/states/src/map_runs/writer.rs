//! Where the results of a map run go: into its state's output, or to files of S3 with a manifest.

use api_s3 as s3;
use serde_json::{Map, Value, json};
use service::Context;
use states_language::execution::ResultTarget;
use states_language::failure::names as errors;
use wire::{Timestamp, TimestampFormat};

/// An execution of a map run that is over, or was never begun.
pub(crate) struct Finished {
    pub(crate) execution_arn: String,
    pub(crate) name: String,
    /// JSON, as is the output.
    pub(crate) input: String,
    pub(crate) status: String,
    pub(crate) output: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) start_ms: i64,
    pub(crate) stop_ms: i64,
    /// Of the state machine that it is an execution of: `…:stateMachine:name/label`.
    pub(crate) machine_arn: String,
}

/// What becomes of each result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transformation {
    /// All that is known of its execution.
    None,
    /// Its output.
    Compact,
    /// The same, and arrays are no arrays any more.
    Flatten,
}

/// Writes the results of a map run, and gives what the Map state's result is.
///
/// # Errors
/// The error's name, and why they could not be written.
pub(crate) async fn write(
    context: &Context,
    target: &ResultTarget,
    map_run_arn: &str,
    executions: Vec<Finished>,
) -> Result<Value, (String, String)> {
    let failed = |cause: String| (errors::RESULT_WRITER.to_owned(), cause);
    let config = &target.config;
    let is_exported = !target.resource.is_empty();
    let transformation = match config["Transformation"].as_str() {
        Some("COMPACT") => Transformation::Compact,
        Some("FLATTEN") => Transformation::Flatten,
        Some("NONE") | None => Transformation::None,
        Some(other) => return Err(failed(format!("states: the Transformation {other} is not implemented."))),
    };
    if !is_exported {
        let results = executions.iter().flat_map(|execution| execution.shown(transformation));
        return Ok(results.collect());
    }
    let is_lines = match config["OutputType"].as_str() {
        Some("JSONL") => true,
        Some("JSON") | None => false,
        Some(other) => return Err(failed(format!("states: the OutputType {other} is not implemented."))),
    };
    let Some(bucket) = target.arguments["Bucket"].as_str() else {
        return Err(failed("The field 'Bucket' is required but was missing".into()));
    };
    let prefix = target.arguments["Prefix"].as_str().unwrap_or_default().trim_end_matches('/');
    let separator = if prefix.is_empty() { "" } else { "/" };
    let run = map_run_arn.rsplit(':').next().unwrap_or_default();
    let folder = format!("{prefix}{separator}{run}");
    let owner = target.arguments["ExpectedBucketOwner"].as_str();
    let files = Files { context, bucket, owner, folder, transformation, is_lines };
    files.write(map_run_arn, &executions).await.map_err(failed)
}

impl Finished {
    /// The file that it belongs to.
    fn group(&self) -> &'static str {
        match self.status.as_str() {
            "SUCCEEDED" => "SUCCEEDED",
            "PENDING" => "PENDING",
            _ => "FAILED",
        }
    }

    fn shown(&self, transformation: Transformation) -> Vec<Value> {
        let output = self.output.as_ref().filter(|_| self.status == "SUCCEEDED");
        let parsed = output.and_then(|output| serde_json::from_str(output).ok());
        match (transformation, parsed) {
            (Transformation::Flatten, Some(Value::Array(values))) => values,
            (Transformation::Compact | Transformation::Flatten, Some(output)) => vec![output],
            // What failed is told whole, however results are transformed.
            _ => vec![self.whole()],
        }
    }

    fn whole(&self) -> Value {
        let date = |ms| Timestamp(ms).format(TimestampFormat::DateTime);
        let mut whole = Map::new();
        let mut put = |name: &str, value: Value| whole.insert(name.into(), value);
        for (name, text) in [("Cause", &self.cause), ("Error", &self.error)] {
            if let Some(text) = text {
                put(name, text.as_str().into());
            }
        }
        put("ExecutionArn", self.execution_arn.as_str().into());
        put("Input", self.input.as_str().into());
        put("InputDetails", json!({"Included": true}));
        put("Name", self.name.as_str().into());
        if let Some(output) = &self.output {
            put("Output", output.as_str().into());
            put("OutputDetails", json!({"Included": true}));
        }
        put("RedriveCount", 0.into());
        put("StartDate", date(self.start_ms).into());
        put("StateMachineArn", self.machine_arn.as_str().into());
        put("Status", self.status.as_str().into());
        put("StopDate", date(self.stop_ms).into());
        whole.into()
    }
}

/// The files of a map run.
struct Files<'a> {
    context: &'a Context,
    bucket: &'a str,
    /// Whose account the bucket must be.
    owner: Option<&'a str>,
    folder: String,
    transformation: Transformation,
    is_lines: bool,
}

impl Files<'_> {
    async fn write(&self, map_run_arn: &str, executions: &[Finished]) -> Result<Value, String> {
        let mut files = Map::new();
        for group in ["FAILED", "PENDING", "SUCCEEDED"] {
            let members = executions.iter().filter(|execution| execution.group() == group);
            let results: Vec<Value> =
                members.flat_map(|execution| execution.shown(self.transformation)).collect();
            let written =
                if results.is_empty() { Vec::new() } else { vec![self.group(group, results).await?] };
            files.insert(group.into(), written.into());
        }
        let manifest =
            json!({"DestinationBucket": self.bucket, "MapRunArn": map_run_arn, "ResultFiles": files});
        let key = format!("{}/manifest.json", self.folder);
        self.put(key.clone(), manifest.to_string()).await?;
        Ok(json!({"MapRunArn": map_run_arn, "ResultWriterDetails": {"Bucket": self.bucket, "Key": key}}))
    }

    /// Writes the results of one kind, and gives what the manifest says of it.
    async fn group(&self, group: &str, results: Vec<Value>) -> Result<Value, String> {
        let (extension, text) = if self.is_lines {
            ("jsonl", results.iter().map(|result| format!("{result}\n")).collect())
        } else {
            ("json", Value::from(results).to_string())
        };
        let (key, size) = (format!("{}/{group}_0.{extension}", self.folder), text.len());
        self.put(key.clone(), text).await?;
        Ok(json!({"Key": key, "Size": size}))
    }

    async fn put(&self, key: String, text: String) -> Result<(), String> {
        let input = s3::PutObjectInput {
            bucket: self.bucket.to_owned(),
            key,
            body: text.into(),
            expected_bucket_owner: self.owner.map(str::to_owned),
            content_type: Some("application/json".into()),
            ..Default::default()
        };
        let put = self.context.call::<s3::PutObject>(input).await;
        put.map(drop).map_err(|fault| {
            format!(
                "{} (Service: S3, Status Code: {}, Error Code: {})",
                fault.message, fault.status, fault.code
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(status: &str, output: Option<&str>) -> Finished {
        Finished {
            execution_arn: "arn:e".into(),
            name: "e".into(),
            input: "1".into(),
            status: status.into(),
            output: output.map(str::to_owned),
            error: (status == "FAILED").then(|| "E".into()),
            cause: None,
            start_ms: 0,
            stop_ms: 1500,
            machine_arn: "arn:m/Map".into(),
        }
    }

    #[test]
    fn results_are_transformed_and_failures_are_not() {
        let good = finished("SUCCEEDED", Some("[1,2]"));
        assert_eq!(good.shown(Transformation::Compact), [json!([1, 2])]);
        assert_eq!(good.shown(Transformation::Flatten), [json!(1), json!(2)]);
        assert_eq!(good.shown(Transformation::None)[0]["Output"], "[1,2]");
        let bad = finished("FAILED", None);
        for transformation in [Transformation::None, Transformation::Compact, Transformation::Flatten] {
            let shown = bad.shown(transformation);
            assert_eq!((&shown[0]["Error"], &shown[0]["Status"]), (&json!("E"), &json!("FAILED")));
            assert_eq!(shown[0]["StopDate"], "1970-01-01T00:00:01.500Z");
            assert!(shown[0].get("Output").is_none());
        }
        assert_eq!(
            [good.group(), bad.group(), finished("ABORTED", None).group()],
            ["SUCCEEDED", "FAILED", "FAILED"]
        );
    }
}
