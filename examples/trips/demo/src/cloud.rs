//! The cloud that the application is deployed to, through stock clients that are told nothing but the endpoint, the region and the
//! credentials; and what several of its parts are made with.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Architecture, Environment, FunctionCode, FunctionResponseType, Runtime};
use aws_sdk_sqs::types::QueueAttributeName;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// Whom functions and executions act as.
pub const ROLE: &str = "arn:aws:iam::000000000000:role/trips";
/// How long a batch may take, and so how long its messages stay hidden when nobody finishes the work.
const BATCH_S: i32 = 6;

/// The clients, and where compiled functions are.
pub struct Cloud {
    pub url: String,
    pub rest_apis: aws_sdk_apigateway::Client,
    pub apis: aws_sdk_apigatewayv2::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub s3: aws_sdk_s3::Client,
    pub sns: aws_sdk_sns::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub states: aws_sdk_sfn::Client,
    pub has_python: bool,
    functions: PathBuf,
}

/// A queue, by both of its names.
pub struct Queue {
    pub url: String,
    pub arn: String,
}

impl Cloud {
    /// The one at that URL; compiled functions are in the folder `functions`.
    pub async fn at(url: &str, functions: &Path) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "demo"))
            .load()
            .await;
        Cloud {
            url: url.to_owned(),
            rest_apis: aws_sdk_apigateway::Client::new(&config),
            apis: aws_sdk_apigatewayv2::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            // By path, which needs no name to be resolved.
            s3: aws_sdk_s3::Client::from_conf(
                aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build(),
            ),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            states: aws_sdk_sfn::Client::new(&config),
            has_python: has_python(),
            functions: functions.to_owned(),
        }
    }

    /// A table whose keys are texts.
    pub fn table(&self, name: &str, keys: &[(&str, KeyType)]) -> Result<CreateTableFluentBuilder> {
        let mut create = self.dynamodb.create_table().table_name(name);
        for (name, kind) in keys {
            let part = KeySchemaElement::builder().attribute_name(*name).key_type(kind.clone());
            let text = AttributeDefinition::builder().attribute_type(ScalarAttributeType::S);
            create = create.key_schema(part.build()?);
            create = create.attribute_definitions(text.attribute_name(*name).build()?);
        }
        Ok(create.billing_mode(BillingMode::PayPerRequest))
    }

    /// A queue whose messages are worked on in batches.
    pub async fn queue(&self, name: &str) -> Result<Queue> {
        let create = self.sqs.create_queue().queue_name(name);
        let create = create.attributes(QueueAttributeName::VisibilityTimeout, BATCH_S.to_string());
        let url = create.send().await?.queue_url.context("a queue without a URL")?;
        let asked = self.sqs.get_queue_attributes().queue_url(&url);
        let attributes = asked.attribute_names(QueueAttributeName::QueueArn).send().await?.attributes;
        let arn = attributes.and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn));
        Ok(Queue { url, arn: arn.context("a queue without an ARN")? })
    }

    /// A function in Rust, with the variables that it wants.
    pub fn function(&self, name: &str, settings: &[(&str, &str)]) -> Result<CreateFunctionFluentBuilder> {
        self.function_of(name, name, settings)
    }

    /// One of several functions of the same program.
    pub fn function_of(
        &self,
        program: &str,
        name: &str,
        settings: &[(&str, &str)],
    ) -> Result<CreateFunctionFluentBuilder> {
        let path = self.functions.join(program);
        let program = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::builder().set_variables(Some(settings.collect())).build();
        let create = self.lambda.create_function().function_name(name).role(ROLE);
        Ok(create
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .architectures(architecture())
            .timeout(20)
            .environment(environment)
            .code(code(&[("bootstrap", &program)])?))
    }

    /// The same function in Python, where there is Python.
    pub fn rather_in_python(
        &self,
        create: CreateFunctionFluentBuilder,
        files: &[(&str, &[u8])],
    ) -> Result<CreateFunctionFluentBuilder> {
        if !self.has_python {
            return Ok(create);
        }
        Ok(create.runtime(Runtime::Python312).handler("main.handler").code(code(files)?))
    }

    /// Has a function work on what comes to a queue.
    pub async fn work(&self, create: CreateFunctionFluentBuilder, name: &str, queue: &Queue) -> Result<()> {
        create.timeout(BATCH_S).send().await?;
        self.lambda
            .create_event_source_mapping()
            .function_name(name)
            .event_source_arn(&queue.arn)
            .function_response_types(FunctionResponseType::ReportBatchItemFailures)
            .send()
            .await?;
        Ok(())
    }

    /// Lets API Gateway call a function, or one of its aliases, for a part of an API.
    pub async fn allow(&self, function: &str, alias: Option<&str>, part: &str) -> Result<()> {
        self.lambda
            .add_permission()
            .function_name(function)
            .set_qualifier(alias.map(str::to_owned))
            .statement_id("api")
            .action("lambda:InvokeFunction")
            .principal("apigateway.amazonaws.com")
            .source_arn(format!("arn:aws:execute-api:us-east-1:000000000000:{part}"))
            .send()
            .await?;
        Ok(())
    }
}

fn has_python() -> bool {
    std::process::Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

fn architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X8664 }
}

/// A deployment package of these files.
fn code(files: &[(&str, &[u8])]) -> Result<FunctionCode> {
    // Compressing a program takes longer than sending it to the same machine.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        archive.start_file(*name, options.unix_permissions(0o755))?;
        archive.write_all(contents)?;
    }
    Ok(FunctionCode::builder().zip_file(Blob::new(archive.finish()?.into_inner())).build())
}
