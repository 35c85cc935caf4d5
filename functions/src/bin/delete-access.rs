//! The Lambda function `delete-access`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve_service(latchkey_functions::accesses::delete::ENDPOINT)
}
