//! `cargo run`: the system as a person or a script starts it.

use std::path::PathBuf;

use latchkey::timing::Zone;
use serde_json::json;
use uuid::Uuid;

use crate::system::{System, share_body};

/// A folder that is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("latchkey-{}", Uuid::new_v4())))
    }

    fn option(&self) -> [&str; 2] {
        ["--data-dir", self.0.to_str().unwrap()]
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn when_ready_it_says_what_there_is_in_one_line() {
    let system = System::start().await;
    let mut ready = system.ready.clone();
    for url in ["url", "storeUrl", "invokeUrl"] {
        let url = ready.as_object_mut().unwrap().remove(url).unwrap();
        assert!(
            url.as_str().unwrap().starts_with("http://127.0.0.1:"),
            "{url}"
        );
    }
    assert_eq!(
        ready,
        json!({
            "organizationId": 1,
            "deviceId": 1,
            "timeZones": Zone::release(),
            "users": [1, 2],
            "tokens": {"admin": "293891d1-9278-4468-b322-6887e5e39164", "member": "2f41dafc-e24e-47af-a80b-f644fba8b137"},
        })
    );
}

#[tokio::test]
async fn created_items_survive_an_end_of_either_kind() {
    let folder = Folder::new();
    let system = System::start_with(&folder.option()).await;
    let first = system.create_share(&share_body(json!({}))).await;
    assert!(system.stop().await.success());

    let system = System::start_with(&folder.option()).await;
    system
        .admin()
        .get(&format!("/v2/shares/{first}"))
        .await
        .ok();
    let second = system.create_share(&share_body(json!({}))).await;
    system.kill().await;

    let system = System::start_with(&folder.option()).await;
    for id in [first, second] {
        system.admin().get(&format!("/v2/shares/{id}")).await.ok();
    }
}

#[tokio::test]
async fn a_second_system_on_the_same_store_is_refused() {
    let folder = Folder::new();
    let _first = System::start_with(&folder.option()).await;
    let second = System::command(&folder.option()).output().await.unwrap();
    assert!(!second.status.success());
    assert!(second.stdout.is_empty());
}
