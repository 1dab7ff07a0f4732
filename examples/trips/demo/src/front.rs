//! The front: a REST API, made of its description in `api/openapi.json`, with a stage for what is tried and one for travellers.

use std::fs::File;
use std::io::Read as _;

use anyhow::{Context as _, Result};
use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{
    ApiStage, CacheClusterSize, Op, PatchOperation, QuotaPeriodType, QuotaSettings, ThrottleSettings,
};

const DESCRIPTION: &str = include_str!("../../api/openapi.json");
/// The stages: travellers', which has the function's published version behind it, and the one in which the next is tried.
pub const STAGES: [&str; 2] = ["prod", "dev"];
/// How long travellers may hear the same list of places, in seconds.
const PLACES_S: u32 = 60;
/// Requests a second, requests at once, and requests a day of all travellers together.
const RATE: f64 = 1000.0;
const BURST: i32 = 2000;
const QUOTA: i32 = 1_000_000;

/// Where trips are booked, and what a traveller needs for it.
pub struct Front {
    /// The API's id.
    pub api: String,
    /// The travellers' stage.
    pub address: String,
    /// Counts for the usage plan.
    pub key: String,
    /// Is what the authorizer wants to see.
    pub token: String,
}

impl Front {
    /// Deploys it before the function `front`, each stage before the alias of its name, behind the authorizer `guard`.
    pub async fn deploy(apis: &Client, url: &str, front: &str, guard: &str, token: String) -> Result<Self> {
        let description = DESCRIPTION.replace("${Front}", front).replace("${Guard}", guard);
        let made = apis.import_rest_api().body(Blob::new(description)).send().await?;
        let api = made.id.context("an API without an id")?;
        let deployment = apis.create_deployment().rest_api_id(&api).send().await?.id;
        let deployment = deployment.context("a deployment without an id")?;
        for stage in STAGES {
            let create = apis.create_stage().rest_api_id(&api).stage_name(stage).deployment_id(&deployment);
            create.variables("alias", stage).send().await?;
        }
        remember_places(apis, &api).await?;
        let key = travellers_key(apis, &api).await?;
        // By path, which needs no name to be resolved; `http://{api}.execute-api.localhost/prod` is the same.
        let address = format!("{url}/_aws/execute-api/{api}/prod");
        Ok(Front { api, address, key, token })
    }
}

/// Has the travellers' stage remember the list of places.
async fn remember_places(apis: &Client, api: &str) -> Result<()> {
    let seconds = PLACES_S.to_string();
    let size = CacheClusterSize::from("0.5");
    let settings = [
        ("/cacheClusterEnabled", "true"),
        ("/cacheClusterSize", size.as_str()),
        ("/~1places/GET/caching/enabled", "true"),
        ("/~1places/GET/caching/ttlInSeconds", &seconds),
    ];
    let update = apis.update_stage().rest_api_id(api).stage_name("prod");
    let changes = settings
        .map(|(path, value)| PatchOperation::builder().op(Op::Replace).path(path).value(value).build());
    update.set_patch_operations(Some(changes.into())).send().await?;
    Ok(())
}

/// A key of the plan by which travellers may call both stages.
async fn travellers_key(apis: &Client, api: &str) -> Result<String> {
    let stages = STAGES.map(|stage| ApiStage::builder().api_id(api).stage(stage).build());
    let plan = apis
        .create_usage_plan()
        .name("travellers")
        .set_api_stages(Some(stages.into()))
        .throttle(ThrottleSettings::builder().rate_limit(RATE).burst_limit(BURST).build())
        .quota(QuotaSettings::builder().limit(QUOTA).period(QuotaPeriodType::Day).build())
        .send()
        .await?;
    let key = apis.create_api_key().name("travellers").enabled(true).send().await?;
    let link = apis.create_usage_plan_key().usage_plan_id(plan.id.unwrap_or_default());
    link.key_id(key.id.unwrap_or_default()).key_type("API_KEY").send().await?;
    key.value.context("a key without a value")
}

/// A token that nobody guesses.
pub fn fresh_token() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
