//! Requests a second. Not a test of a promise: machines differ.
//!
//! ```sh
//! cargo test --release -p latchkey-local --test stand_in -- --ignored --nocapture
//! ```

use std::sync::Arc;
use std::time::Instant;

use crate::support::Running;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn requests_a_second() {
    const REQUESTS: usize = 4_000;
    let running = Arc::new(Running::new(&[]).await);
    for (what, path, headers) in [
        ("mock", "/mock", &[][..]),
        ("function", "/open/x?do=pid", &[]),
        (
            "authorizer kept, function",
            "/closed?do=pid",
            &[("authorization", "ann")],
        ),
    ] {
        for clients in [1, 8] {
            running.get(path, headers).await;
            let started = Instant::now();
            let tasks: Vec<_> = (0..clients)
                .map(|_| {
                    let running = Arc::clone(&running);
                    tokio::spawn(async move {
                        for _ in 0..REQUESTS / clients {
                            assert_eq!(running.get(path, headers).await.status, 200);
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let rate = REQUESTS as f64 / started.elapsed().as_secs_f64();
            println!("{what}, {clients} clients: {rate:.0} requests a second");
        }
    }
}
