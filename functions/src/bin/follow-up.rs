//! The Lambda function `follow-up`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::stream::follow_up::HANDLER)
}
