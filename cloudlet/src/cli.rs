//! The command line. Each flag is also an environment variable and a key of the configuration file.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::{AuthSetting, DurabilitySetting, NetworkSetting};

/// The microservices architecture of AWS in one program.
#[derive(Debug, Parser)]
#[command(name = "cloudlet", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the cloud and serve until it is stopped.
    Up(Box<UpFlags>),
    /// Build the example application, deploy it to a new cloud, kill that in the middle, and count what is lost.
    Demo(DemoFlags),
    /// Show what a running cloud offers.
    Status(StatusFlags),
    /// Show which runtimes of functions this machine has the interpreters for, and install more
    #[command(subcommand)]
    Runtimes(RuntimesCommand),
    /// Read everything in the data folder of a cloud that is stopped, and say what is damaged.
    Fsck(FsckFlags),
}

/// What `up` may be told; what is not told comes from the file, then from the defaults.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct UpFlags {
    /// Port to listen on, plain and TLS [default: 4566]
    #[arg(long, env = "CLOUDLET_PORT")]
    pub(crate) port: Option<u16>,
    /// Address to listen on; any but loopback needs `--auth enforce` [default: 127.0.0.1]
    #[arg(long, env = "CLOUDLET_LISTEN")]
    pub(crate) listen: Option<IpAddr>,
    /// Folder that holds everything [default: ~/.local/share/cloudlet]
    #[arg(long, env = "CLOUDLET_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// What "acknowledged" survives: a killed process, a power cut, or nothing [default: crash]
    #[arg(long, env = "CLOUDLET_DURABILITY")]
    pub(crate) durability: Option<DurabilitySetting>,
    /// Whether every request needs a valid signature [default: open]
    #[arg(long, env = "CLOUDLET_AUTH")]
    pub(crate) auth: Option<AuthSetting>,
    /// Account of requests whose key names none [default: 000000000000]
    #[arg(long, env = "CLOUDLET_ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Region of requests that name none [default: us-east-1]
    #[arg(long, env = "CLOUDLET_REGION")]
    pub(crate) region: Option<String>,
    /// A setting of one service, such as `sqs.queue-name-rest-seconds=60`; may be given more than once
    #[arg(long, env = "CLOUDLET_SET", value_name = "SERVICE.NAME=NUMBER", value_delimiter = ',')]
    pub(crate) set: Vec<String>,
    /// Folder below which folders may be the code of functions, whose changes count at once [default: none]
    #[arg(long, env = "CLOUDLET_HOT_RELOAD", value_name = "DIR")]
    pub(crate) hot_reload: Option<PathBuf>,
    /// Folder of interpreters for functions, which `runtimes install` fills [default: ~/.local/share/cloudlet/runtimes]
    #[arg(long, env = "CLOUDLET_RUNTIMES", value_name = "DIR")]
    pub(crate) runtimes: Option<PathBuf>,
    /// Network of functions: this machine's, or none but the way to the cloud [default: host]
    #[arg(long, env = "CLOUDLET_FUNCTION_NETWORK")]
    pub(crate) function_network: Option<NetworkSetting>,
    /// Mail server that e-mails go on to, such as `smtp://localhost:1025` [default: none; the outbox has them]
    #[arg(long, env = "CLOUDLET_SMTP", value_name = "URL")]
    pub(crate) smtp: Option<String>,
    /// What to log, such as `info` or `cloudlet=debug` [default: info]
    #[arg(long, env = "CLOUDLET_LOG")]
    pub(crate) log: Option<String>,
    /// Certificate chain for TLS, a PEM file [default: one made by an authority in the data folder]
    #[arg(long, env = "CLOUDLET_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// Key of the certificate, a PEM file
    #[arg(long, env = "CLOUDLET_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Configuration file with the same names as the flags
    #[arg(long, env = "CLOUDLET_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What there is to know of runtimes.
#[derive(Debug, Subcommand)]
pub(crate) enum RuntimesCommand {
    /// List all, and by which interpreter each is served
    List(RuntimesFlags),
    /// Install the interpreter of a runtime from the registry that this machine's npm is set up for
    Install {
        /// The runtime, such as `nodejs22.x`
        name: String,
        #[command(flatten)]
        flags: RuntimesFlags,
    },
}

/// Where installed interpreters are.
#[derive(Debug, Args)]
pub(crate) struct RuntimesFlags {
    /// Folder of interpreters for functions [default: ~/.local/share/cloudlet/runtimes]
    #[arg(long, env = "CLOUDLET_RUNTIMES", value_name = "DIR")]
    pub(crate) runtimes: Option<PathBuf>,
}

/// How the demo ends.
#[derive(Debug, Args)]
pub(crate) struct DemoFlags {
    /// Leave the cloud running, and say how to look at it
    #[arg(long)]
    pub(crate) keep: bool,
}

/// Where the running cloud is.
#[derive(Debug, Args)]
pub(crate) struct StatusFlags {
    /// Port it listens on
    #[arg(long, env = "CLOUDLET_PORT", default_value_t = 4566)]
    pub(crate) port: u16,
    /// Address it listens on
    #[arg(long, env = "CLOUDLET_LISTEN", default_value = "127.0.0.1")]
    pub(crate) listen: IpAddr,
}

/// What is checked.
#[derive(Debug, Args)]
pub(crate) struct FsckFlags {
    /// Folder that holds everything [default: ~/.local/share/cloudlet]
    #[arg(long, env = "CLOUDLET_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}
