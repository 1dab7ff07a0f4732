//! The application in the cloud: what it consists of, and how it gets there, through the public API alone.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TimeToLiveSpecification,
};
use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, EventSourcePosition, FunctionCode, FunctionResponseType, Runtime,
};
use aws_sdk_sqs::types::QueueAttributeName;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::front::Front;
use crate::screen::Screen;
use crate::{front, news, web};

/// Whom the functions act as.
const ROLE: &str = "arn:aws:iam::000000000000:role/trips";
const TABLE: &str = "trips";
/// Who wants to know how it stands with which trip.
const FOLLOWERS: &str = "followers";
/// How long a batch may take to be billed, and so how long its messages stay hidden when nobody finishes the work.
const BILL_S: i32 = 6;
const BILL_IN_PYTHON: [(&str, &[u8]); 2] =
    [("main.py", include_bytes!("../../bill/main.py")), ("sigv4.py", include_bytes!("../../bill/sigv4.py"))];

/// The deployed application.
pub struct Application {
    /// Where trips are booked.
    pub front: Arc<Front>,
    /// Where people book them.
    pub page: String,
    pub table: String,
    pub audit_url: String,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
}

/// The clients that deploy it.
struct Deployment {
    rest_apis: aws_sdk_apigateway::Client,
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
        let stream = deployment.trips().await?;
        deployment.followers().await?;
        let topic = deployment.sns.create_topic().name("trips").send().await?;
        let topic = topic.topic_arn.context("a topic without an ARN")?;
        let (_, billing) = deployment.queue("billing", &topic).await?;
        let (audit_url, _) = deployment.queue("audit", &topic).await?;
        deployment.bill(functions, &billing, screen).await?;
        let front = deployment.front(url, functions, &topic).await?;
        let news = deployment.news(url, functions, &stream).await?;
        web::deploy(&deployment.s3, &front, &news).await?;
        Ok(Application {
            front: Arc::new(front),
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
            rest_apis: aws_sdk_apigateway::Client::new(&config),
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

    /// The table of trips: the stream of its changes.
    async fn trips(&self) -> Result<String> {
        let stream = StreamSpecification::builder().stream_enabled(true);
        let stream = stream.stream_view_type(StreamViewType::NewImage).build()?;
        let made = self.table(TABLE, &[("id", KeyType::Hash)]).stream_specification(stream).send().await?;
        made.table_description.and_then(|table| table.latest_stream_arn).context("a table without a stream")
    }

    /// Those who follow a trip, by the trip.
    async fn followers(&self) -> Result<()> {
        self.table(FOLLOWERS, &[("trip", KeyType::Hash), ("connection", KeyType::Range)]).send().await?;
        let settings = TimeToLiveSpecification::builder().attribute_name("until").enabled(true).build()?;
        self.dynamodb
            .update_time_to_live()
            .table_name(FOLLOWERS)
            .time_to_live_specification(settings)
            .send()
            .await?;
        Ok(())
    }

    /// A table whose keys are texts.
    fn table(&self, name: &str, keys: &[(&str, KeyType)]) -> CreateTableFluentBuilder {
        let parts = keys.iter().map(|(name, kind)| {
            KeySchemaElement::builder().attribute_name(*name).key_type(kind.clone()).build()
        });
        let attributes = keys.iter().map(|(name, _)| {
            AttributeDefinition::builder()
                .attribute_name(*name)
                .attribute_type(ScalarAttributeType::S)
                .build()
        });
        self.dynamodb
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(parts.collect::<Result<_, _>>().ok())
            .set_attribute_definitions(attributes.collect::<Result<_, _>>().ok())
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
        let create = self.compiled(functions, "bill", &[("TABLE", TABLE)])?.timeout(BILL_S);
        let create = if has_python() {
            let code = FunctionCode::builder().zip_file(package(&BILL_IN_PYTHON)?).build();
            create.runtime(Runtime::Python312).handler("main.handler").code(code)
        } else {
            screen.note("python3 is not installed: the function \"bill\" is the one in Rust");
            create
        };
        create.send().await?;
        self.lambda
            .create_event_source_mapping()
            .function_name("bill")
            .event_source_arn(queue_arn)
            .function_response_types(FunctionResponseType::ReportBatchItemFailures)
            .send()
            .await?;
        Ok(())
    }

    /// The front with its functions.
    async fn front(&self, url: &str, functions: &Path, topic: &str) -> Result<Front> {
        let settings = [("TABLE", TABLE), ("TOPIC", topic)];
        let front = self.compiled(functions, "front", &settings)?.publish(true).send().await?;
        let version = front.version.context("a function without a version")?;
        for (stage, version) in front::STAGES.iter().zip([version.as_str(), "$LATEST"]) {
            let alias = self.lambda.create_alias().function_name("front").name(*stage);
            alias.function_version(version).send().await?;
        }
        let token = front::fresh_token()?;
        let guard = self.compiled(functions, "guard", &[("TOKEN", &token)])?.send().await?;
        let arn = |function: Option<String>| function.context("a function without an ARN");
        // A published version's ARN ends in its number.
        let front = arn(front.function_arn)?.trim_end_matches(&format!(":{version}")).to_owned();
        let front = Front::deploy(&self.rest_apis, url, &front, &arn(guard.function_arn)?, token).await?;
        for stage in front::STAGES {
            self.allow("front", Some(stage), &format!("{}/{stage}/*", front.api)).await?;
        }
        self.allow("guard", None, &format!("{}/authorizers/*", front.api)).await?;
        Ok(front)
    }

    /// What tells pages how it stands with their trips: its WebSocket's address.
    async fn news(&self, url: &str, functions: &Path, stream: &str) -> Result<String> {
        let api = news::create(&self.apis).await?;
        let settings = [("TABLE", TABLE), ("FOLLOWERS", FOLLOWERS), ("API", &api)];
        let function = self.compiled(functions, "news", &settings)?.send().await?;
        let function = function.function_arn.context("a function without an ARN")?;
        self.allow("news", None, &format!("{api}/*/follow")).await?;
        news::deploy(&self.apis, &api, &function).await?;
        self.lambda
            .create_event_source_mapping()
            .function_name("news")
            .event_source_arn(stream)
            .starting_position(EventSourcePosition::TrimHorizon)
            .send()
            .await?;
        Ok(news::address(url, &api))
    }

    /// A function in Rust, with the variables that it wants.
    fn compiled(
        &self,
        folder: &Path,
        name: &str,
        settings: &[(&str, &str)],
    ) -> Result<CreateFunctionFluentBuilder> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::builder().set_variables(Some(settings.collect())).build();
        let create = self.lambda.create_function().function_name(name).role(ROLE);
        Ok(create
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .architectures(architecture())
            .timeout(20)
            .environment(environment)
            .code(FunctionCode::builder().zip_file(compiled(folder, name)?).build()))
    }

    /// Lets API Gateway call a function for a part of an API.
    async fn allow(&self, function: &str, alias: Option<&str>, part: &str) -> Result<()> {
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

/// A compiled function as a deployment package: the program is called `bootstrap`.
fn compiled(folder: &Path, name: &str) -> Result<Blob> {
    let path = folder.join(name);
    let program = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    package(&[("bootstrap", &program)])
}

fn package(files: &[(&str, &[u8])]) -> Result<Blob> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        // Compressing a program takes longer than sending it to the same machine.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(*name, options.unix_permissions(0o755))?;
        archive.write_all(contents)?;
    }
    Ok(Blob::new(archive.finish()?.into_inner()))
}
