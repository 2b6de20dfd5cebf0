use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Common;
use super::ask::{Call, Remote, segment};
use super::output::{note, rows, table, text};
use crate::exit::Done;

/// `leasehold peer …`
#[derive(Debug, Subcommand)]
pub enum PeerCommand {
    /// Create a one-time code that lets another server join, and print it
    Invite(Common),
    /// Join another server's installation with a code created there
    Join(Join),
    /// List the servers of the installation and their state
    List(Common),
    /// Remove a server from the installation; on a backup, leave the installation
    Remove(Remove),
}

#[derive(Debug, Args)]
pub struct Join {
    /// Console address of the other server, such as https://lic-01.example.com:8084
    #[arg(long, value_name = "URL")]
    url: String,
    /// The code printed by `leasehold peer invite` on that server
    #[arg(long, value_name = "CODE")]
    code: String,
    /// Console address at which the other servers reach this one [default: its own, unless that is loopback]
    #[arg(long, value_name = "URL")]
    own_url: Option<String>,
    /// Name of this server in the installation [default: the host name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct Remove {
    /// Name of the server, from `leasehold peer list`
    name: String,
    #[command(flatten)]
    common: Common,
}

impl PeerCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        match self {
            Self::Invite(common) => invite(common, remote).await,
            Self::Join(Join { url, code, own_url, name, common }) => {
                let body = json!({ "url": url, "code": code, "own_url": own_url, "name": name });
                common.perform(remote, Call::post("/api/v1/servers/join").json(&body), joined).await
            }
            Self::List(common) => common.list(remote, Call::get("/api/v1/servers"), list).await,
            Self::Remove(Remove { name, common }) => {
                let plain = |value: &Value| format!("Removed {}.\n", text(value, "name"));
                common.perform(remote, Call::delete(format!("/api/v1/servers/{}", segment(&name))), plain).await
            }
        }
    }
}

/// The code alone goes to stdout; what to do with it does not.
async fn invite(common: Common, remote: &Remote) -> Done {
    let value = common.target.ask(remote, Call::post("/api/v1/servers/invite")).await?;
    common.format.print(&value, |value| format!("{}\n", text(value, "code")))?;
    if !common.format.json {
        let url = text(&value, "url");
        note(format_args!(
            "Valid once, until {}. On the other server, run: leasehold peer join --url {url} --code CODE",
            text(&value, "expires_at")
        ));
        if url.contains("//127.") || url.contains("//[::1]") || url.contains("//localhost") {
            note("From another machine, use the address at which it reaches this console.");
        }
    }
    Ok(())
}

fn joined(value: &Value) -> String {
    let reached = match value["own_url"].as_str() {
        Some(url) => format!("The other servers reach it at {url}."),
        None => "It polls the other servers, but they don't poll it; to change that, give --own-url.".to_owned(),
    };
    format!(
        "Joined {} as {}. This server's name is {}. {reached}\n",
        text(value, "with"),
        text(value, "role"),
        text(value, "name")
    )
}

fn list(value: &Value) -> String {
    let line = |server: &Value| {
        let name =
            if server["self"] == true { format!("{} (this one)", text(server, "name")) } else { text(server, "name") };
        vec![
            name,
            text(server, "role"),
            text(server, "context"),
            text(server, "state"),
            text(server, "since"),
            clock(server["clock_off_ms"].as_i64()),
            server["serving"]["connected"].as_u64().map(|clients| clients.to_string()).unwrap_or_default(),
            text(server, "version"),
            text(server, "url"),
        ]
    };
    let heads = ["NAME", "ROLE", "CONTEXT", "STATE", "SINCE", "CLOCK", "CLIENTS", "VERSION", "URL"];
    let mut out = table(&heads, &rows(value, line));
    if value["server_runs"] == false {
        out.push_str(
            "No server is running on this data folder, so the states above are the last known ones. Start it with `leasehold serve`.\n",
        );
    }
    for server in value["items"].as_array().into_iter().flatten() {
        if let Some(problem) = server["problem"].as_str() {
            out.push_str(&format!("{}: {problem}\n", text(server, "name")));
        }
    }
    if let Some(since) = value["stale_since"].as_str() {
        out.push_str(&format!("No peer has responded since {since}. Check this server's own network.\n"));
    }
    if let Some(conflict) = value["conflict"].as_str() {
        out.push_str(&format!("{conflict}\n"));
    }
    out
}

/// How far a clock is off, from a second on.
fn clock(off_ms: Option<i64>) -> String {
    let Some(off) = off_ms else { return String::new() };
    match (off.unsigned_abs() + 500) / 1_000 {
        0 => "right".to_owned(),
        s => {
            let way = if off > 0 { '+' } else { '-' };
            let (days, hours, minutes) = (s / 86_400, s / 3_600 % 24, s / 60 % 60);
            match (days, hours, minutes) {
                (0, 0, 0) => format!("{way}{s} s"),
                (0, 0, minutes) => format!("{way}{minutes} min {} s", s % 60),
                (0, hours, minutes) => format!("{way}{hours} h {minutes} min"),
                (days, hours, _) => format!("{way}{days} d {hours} h"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_when_no_server_runs() {
        let server = json!({ "name": "lic-01", "self": true, "role": "primary", "state": "stopped" });
        let off = list(&json!({ "items": [server], "server_runs": false }));
        assert!(off.contains("lic-01 (this one)") && off.contains("stopped"), "{off}");
        assert!(off.ends_with("are the last known ones. Start it with `leasehold serve`.\n"), "{off}");
        let on = list(&json!({ "items": [server] }));
        assert!(!on.contains("No server is running"), "{on}");
    }
}
