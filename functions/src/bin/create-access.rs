//! The Lambda function `create-access`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::accesses::create::ENDPOINT)
}
