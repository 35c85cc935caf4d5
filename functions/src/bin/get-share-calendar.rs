//! The Lambda function `get-share-calendar`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::calendar::ENDPOINT)
}
