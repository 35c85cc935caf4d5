//! The Lambda function `update-access`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::accesses::update::ENDPOINT)
}
