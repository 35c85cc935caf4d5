//! Puts the demo organization into the table that the environment names, unless it exists, and
//! prints one line of JSON: its contents, and a first call to try.

use std::process::ExitCode;

use latchkey::secret::Random;
use latchkey::timing::Zone;
use latchkey_demo::{ADMIN_TOKEN, DOOR_TOKEN, MEMBER_TOKEN, demo};
use latchkey_functions::store;
use ring::rand::SystemRandom;
use serde_json::json;

/// The right to open the door, also remotely, on Mondays.
const FIRST_BODY: &str = r#"{
  "organizationId": 1,
  "source": {"deviceId": 1},
  "receiver": {"userId": 2},
  "schedule": [{"dayOfWeek": "Monday", "recurrence": "Weekly"}],
  "permissions": {"remoteActivate": true}
}"#;

fn main() -> ExitCode {
    let put = async {
        let table = store::table(&Random::new(SystemRandom::new())).await?;
        demo()?.put(&table).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(put))
    {
        Ok(()) => {
            println!("{}", announcement());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the demo organization could not be added: {error}");
            ExitCode::FAILURE
        }
    }
}

fn announcement() -> serde_json::Value {
    json!({
        "facts": [
            ["Admin", format!("{ADMIN_TOKEN}   Ada Admin, of organization 1")],
            ["Member", format!("{MEMBER_TOKEN}   Max Member")],
            ["Door", format!("{DOOR_TOKEN}   the controller of the front door, device 1")],
            ["Time zones", format!("IANA {}", Zone::release())],
        ],
        "ready": {
            "organizationId": 1,
            "deviceId": 1,
            "timeZones": Zone::release(),
            "users": [1, 2],
            "tokens": {"admin": ADMIN_TOKEN.to_string(), "member": MEMBER_TOKEN.to_string()},
        },
        "firstCall": {
            "method": "POST",
            "path": "/v2/shares",
            "headers": {
                "Authorization": format!("Bearer {ADMIN_TOKEN}"),
                "Content-Type": "application/json",
            },
            // A text, to be shown in this order.
            "body": FIRST_BODY,
        },
    })
}
