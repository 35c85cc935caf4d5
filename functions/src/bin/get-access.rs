//! The Lambda function `get-access`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::accesses::get::ENDPOINT)
}
