//! The runtime client for Java, as its sources.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

macro_rules! sources {
    ($($file:literal)*) => {
        &[$(($file, include_str!(concat!("../../bootstraps/java/", $file)))),*]
    };
}

const SOURCES: &[(&str, &str)] = sources! {
    "cloudlet/runtime/Beans.java"
    "cloudlet/runtime/Bootstrap.java"
    "cloudlet/runtime/Facts.java"
    "cloudlet/runtime/Fault.java"
    "cloudlet/runtime/Handler.java"
    "cloudlet/runtime/Json.java"
    "cloudlet/runtime/Log.java"
    "cloudlet/runtime/OfMethod.java"
    "cloudlet/runtime/Reader.java"
    "cloudlet/runtime/RuntimeApi.java"
    "cloudlet/runtime/Serializer.java"
    "cloudlet/runtime/Types.java"
    "com/amazonaws/services/lambda/runtime/Client.java"
    "com/amazonaws/services/lambda/runtime/ClientContext.java"
    "com/amazonaws/services/lambda/runtime/CognitoIdentity.java"
    "com/amazonaws/services/lambda/runtime/Context.java"
    "com/amazonaws/services/lambda/runtime/CustomPojoSerializer.java"
    "com/amazonaws/services/lambda/runtime/LambdaLogger.java"
    "com/amazonaws/services/lambda/runtime/LambdaRuntime.java"
    "com/amazonaws/services/lambda/runtime/LambdaRuntimeInternal.java"
    "com/amazonaws/services/lambda/runtime/RequestHandler.java"
    "com/amazonaws/services/lambda/runtime/RequestStreamHandler.java"
    "com/amazonaws/services/lambda/runtime/logging/LogFormat.java"
    "com/amazonaws/services/lambda/runtime/logging/LogLevel.java"
};

/// Tells these sources from those of another build. What hashes otherwise is compiled once more, and that is all.
pub(super) fn digest() -> String {
    let mut hasher = DefaultHasher::new();
    SOURCES.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Writes them below a folder, which is made anew.
pub(super) fn write(folder: &Path) -> io::Result<Vec<PathBuf>> {
    super::jdk::remove(folder)?;
    SOURCES
        .iter()
        .map(|(name, text)| {
            let file = folder.join(name);
            std::fs::create_dir_all(file.parent().unwrap_or(folder))?;
            std::fs::write(&file, text)?;
            Ok(file)
        })
        .collect()
}
