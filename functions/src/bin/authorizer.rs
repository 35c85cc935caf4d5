//! The Lambda function `authorizer`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::authorizer::HANDLER)
}
