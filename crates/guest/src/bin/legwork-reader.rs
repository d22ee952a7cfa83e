//! The process inside a machine that opens foreign documents.

fn main() {
    guest::answer_questions();
}
