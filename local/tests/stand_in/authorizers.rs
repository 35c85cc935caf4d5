//! Who is admitted, and how long the answer is kept.

use serde_json::Value;

use crate::support::{Answer, Running};

fn nonce(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.json()["requestContext"]["authorizer"]["nonce"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_identity_source_the_authorizer_is_not_asked() {
    let running = Running::new(&[]).await;
    for headers in [&[][..], &[("authorization", "")]] {
        let answer = running.get("/closed", headers).await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.header("x-amzn-errortype"),
            Some("UnauthorizedException")
        );
    }
    // Two headers: both must be there.
    for (headers, status) in [
        (&[("x-key", "ann")][..], 401),
        (&[("x-who", "1")], 401),
        (&[("x-key", "ann"), ("x-who", "1")], 200),
    ] {
        assert_eq!(running.get("/forgetful", headers).await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_its_credential_on_every_route() {
    let running = Running::new(&[]).await;
    let first = running.get("/closed", &[("authorization", "ann")]).await;
    let again = running.get("/closed/1", &[("authorization", "ann")]).await;
    let other = running.get("/closed", &[("authorization", "bob")]).await;
    assert_eq!(nonce(&first), nonce(&again));
    assert_ne!(nonce(&first), nonce(&other));
    assert_eq!(
        again.json()["requestContext"]["authorizer"]["integrationLatency"],
        0
    );

    let headers = [("x-key", "ann"), ("x-who", "1")];
    let first = running.get("/forgetful", &headers).await;
    let again = running.get("/forgetful", &headers).await;
    assert_ne!(
        nonce(&first),
        nonce(&again),
        "ReauthorizeEvery: 0 keeps nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_forgotten_in_time() {
    let running = Running::new(&["--parameter", "KeepSeconds=1"]).await;
    let first = running.get("/closed", &[("authorization", "ann")]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let later = running.get("/closed", &[("authorization", "ann")]).await;
    assert_ne!(nonce(&first), nonce(&later));
}

/// A kept policy is judged for each method: one for a single ARN shuts out the next route.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_policy_is_judged_for_each_request() {
    let running = Running::new(&[]).await;
    assert_eq!(
        running
            .get("/closed/1", &[("authorization", "exact")])
            .await
            .status,
        200
    );
    assert_eq!(
        running
            .get("/closed/2", &[("authorization", "exact")])
            .await
            .status,
        403
    );
    assert_eq!(
        running
            .get("/closed/1", &[("authorization", "exact")])
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_faults_have_their_own_responses() {
    let running = Running::new(&[]).await;
    for (credential, status, error_type) in [
        ("unauthorized", 401, "UnauthorizedException"),
        ("deny", 403, "AccessDeniedException"),
        ("silent", 403, "AccessDeniedException"),
        ("fails", 500, "AuthorizerFailureException"),
        ("no policy", 500, "AuthorizerConfigurationException"),
        ("bad context", 500, "AuthorizerConfigurationException"),
    ] {
        let answer = running
            .get("/closed", &[("authorization", credential)])
            .await;
        assert_eq!(answer.status, status, "{credential}");
        assert_eq!(
            answer.header("x-amzn-errortype"),
            Some(error_type),
            "{credential}"
        );
    }
    let denied = running.get("/closed", &[("authorization", "deny")]).await;
    assert!(
        denied.json()["message"]
            .as_str()
            .unwrap()
            .contains("explicit deny")
    );
}
