//! The Lambda function `create-access`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve_service(latchkey_functions::accesses::create::ENDPOINT)
}
