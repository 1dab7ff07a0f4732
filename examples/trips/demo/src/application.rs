//! The application in the cloud: what it consists of, and how it gets there, through the public API alone.

use std::io::{Cursor, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_apigatewayv2::types::{IntegrationType, ProtocolType};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Architecture, Environment, FunctionCode, FunctionResponseType, Runtime};
use aws_sdk_sqs::types::QueueAttributeName;
use zip::write::SimpleFileOptions;

use crate::screen::Screen;
use crate::web;

/// Whom the functions act as.
const ROLE: &str = "arn:aws:iam::000000000000:role/trips";
const TABLE: &str = "trips";
/// How long a batch may take to be billed, and so how long its messages stay hidden when nobody finishes the work.
const BILL_S: i32 = 6;
const BILL_IN_PYTHON: [(&str, &[u8]); 2] =
    [("main.py", include_bytes!("../../bill/main.py")), ("sigv4.py", include_bytes!("../../bill/sigv4.py"))];

/// The deployed application.
pub struct Application {
    /// Where trips are posted.
    pub address: String,
    /// Where people book them.
    pub page: String,
    pub table: String,
    pub audit_url: String,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
}

/// The clients that deploy it.
struct Deployment {
    apis: aws_sdk_apigatewayv2::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    lambda: aws_sdk_lambda::Client,
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Application {
    /// Deploys it; the compiled functions are in the folder `functions`.
    pub async fn deploy(url: &str, functions: &Path, screen: &Screen) -> Result<Self> {
        let deployment = Deployment::to(url).await;
        deployment.table().await?;
        let topic = deployment.sns.create_topic().name("trips").send().await?;
        let topic = topic.topic_arn.context("a topic without an ARN")?;
        let (_, billing) = deployment.queue("billing", &topic).await?;
        let (audit_url, _) = deployment.queue("audit", &topic).await?;
        deployment.bill(functions, &billing, screen).await?;
        let front = deployment.front(functions, &topic).await?;
        let api = deployment.api(&front).await?;
        // By path, which needs no name to be resolved; `http://{api}.execute-api.localhost` is the same.
        let address = format!("{url}/_aws/execute-api/{api}/$default/trips");
        web::deploy(&deployment.s3, &address).await?;
        Ok(Application {
            address,
            page: web::address(url),
            table: TABLE.into(),
            audit_url,
            dynamodb: deployment.dynamodb,
            sqs: deployment.sqs,
        })
    }
}

impl Deployment {
    /// Stock clients, told nothing but the endpoint, the region and the credentials.
    async fn to(url: &str) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "demo"))
            .load()
            .await;
        Deployment {
            apis: aws_sdk_apigatewayv2::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            // By path, as above.
            s3: aws_sdk_s3::Client::from_conf(
                aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build(),
            ),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
        }
    }

    async fn table(&self) -> Result<()> {
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build()?;
        let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        self.dynamodb
            .create_table()
            .table_name(TABLE)
            .key_schema(key)
            .attribute_definitions(id.build()?)
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await?;
        Ok(())
    }

    /// A queue that hears of every trip: its URL and its ARN.
    async fn queue(&self, name: &str, topic: &str) -> Result<(String, String)> {
        let create = self.sqs.create_queue().queue_name(name);
        let made =
            create.attributes(QueueAttributeName::VisibilityTimeout, BILL_S.to_string()).send().await?;
        let url = made.queue_url.context("a queue without a URL")?;
        let asked = self.sqs.get_queue_attributes().queue_url(&url);
        let attributes = asked.attribute_names(QueueAttributeName::QueueArn).send().await?.attributes;
        let arn = attributes.and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn));
        let arn = arn.context("a queue without an ARN")?;
        let subscribe = self.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(&arn);
        subscribe.attributes("RawMessageDelivery", "true").send().await?;
        Ok((url, arn))
    }

    /// The function that bills, and the queue that it reads.
    async fn bill(&self, functions: &Path, queue_arn: &str, screen: &Screen) -> Result<()> {
        let create = self.lambda.create_function().function_name("bill").role(ROLE);
        let create = if has_python() {
            create
                .runtime(Runtime::Python312)
                .handler("main.handler")
                .code(FunctionCode::builder().zip_file(package(&BILL_IN_PYTHON)?).build())
        } else {
            screen.note("python3 is not installed: the function \"bill\" is the one in Rust");
            create
                .runtime(Runtime::Providedal2023)
                .handler("bootstrap")
                .code(FunctionCode::builder().zip_file(compiled(functions, "bill")?).build())
        };
        let environment = Environment::builder().variables("TABLE", TABLE).build();
        create.environment(environment).architectures(architecture()).timeout(BILL_S).send().await?;
        self.lambda
            .create_event_source_mapping()
            .function_name("bill")
            .event_source_arn(queue_arn)
            .function_response_types(FunctionResponseType::ReportBatchItemFailures)
            .send()
            .await?;
        Ok(())
    }

    /// The function behind the HTTP API: its ARN.
    async fn front(&self, functions: &Path, topic: &str) -> Result<String> {
        let environment = Environment::builder().variables("TABLE", TABLE).variables("TOPIC", topic).build();
        let made = self
            .lambda
            .create_function()
            .function_name("front")
            .role(ROLE)
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .architectures(architecture())
            .timeout(20)
            .environment(environment)
            .code(FunctionCode::builder().zip_file(compiled(functions, "front")?).build())
            .send()
            .await?;
        made.function_arn.context("a function without an ARN")
    }

    /// The HTTP API with its routes: its id.
    async fn api(&self, function_arn: &str) -> Result<String> {
        let made = self.apis.create_api().name("trips").protocol_type(ProtocolType::Http).send().await?;
        let api = made.api_id.context("an API without an id")?;
        let integration = self
            .apis
            .create_integration()
            .api_id(&api)
            .integration_type(IntegrationType::AwsProxy)
            .integration_uri(function_arn)
            .payload_format_version("2.0")
            .send()
            .await?;
        let target = format!("integrations/{}", integration.integration_id.unwrap_or_default());
        // The page is of another origin, so browsers ask (OPTIONS) before they post JSON.
        for route in ["POST /trips", "OPTIONS /trips", "GET /trips/{id}"] {
            self.apis.create_route().api_id(&api).route_key(route).target(&target).send().await?;
        }
        self.apis.create_stage().api_id(&api).stage_name("$default").auto_deploy(true).send().await?;
        Ok(api)
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

/// A compiled function as a deployment package: the program is called `bootstrap`.
fn compiled(folder: &Path, name: &str) -> Result<Blob> {
    let path = folder.join(name);
    let program = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    package(&[("bootstrap", &program)])
}

fn package(files: &[(&str, &[u8])]) -> Result<Blob> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        archive.start_file(*name, SimpleFileOptions::default().unix_permissions(0o755))?;
        archive.write_all(contents)?;
    }
    Ok(Blob::new(archive.finish()?.into_inner()))
}
