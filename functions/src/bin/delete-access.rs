//! The Lambda function `delete-access`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::accesses::delete::ENDPOINT)
}
