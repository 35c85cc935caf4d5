//! The Lambda function `bootstrap-organization`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::organizations::bootstrap::HANDLER)
}
