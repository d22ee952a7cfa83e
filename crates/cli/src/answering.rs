//! `legwork answer`: a question found, an answer understood.

use crate::asking::{self, Said};
use crate::desk::{Desk, open};
use crate::edge;
use crate::ending;
use crate::exit::{Exit, Failure};
use crate::options::Answer;
use crate::screen::Ink;
use crate::transcript_text::show_question;
use crate::words::plain;
use api::{AnswerBody, ErrorKind, QuestionView, TaskView, UserError};
use task::QuestionId;

/// Sends an answer, or asks for one in a terminal.
pub(crate) async fn answer(desk: &mut Desk<'_>, asked: &Answer) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let view = client.show(&id).await?;
    let question = find(&view, asked.question)?;
    let answer = match &asked.answer {
        Some(answer) => understood(question, answer, &view)?,
        None => {
            if desk.as_json {
                desk.screen.json(&view.questions)?;
                return Ok(Exit::NeedsYou);
            }
            let ask = &question.ask;
            show_question(desk.screen, ask)?;
            if !edge::has_person() {
                ending::show_next(desk.screen, &view)?;
                return Ok(Exit::NeedsYou);
            }
            match asking::answer(desk.screen, ask)? {
                Said::This(answer) => answer,
                Said::Later => return Ok(Exit::NeedsYou),
            }
        }
    };
    let after =
        client.answer(&id, &AnswerBody { question: question.id, answer: answer.clone() }).await?;
    if desk.as_json {
        desk.screen.json(&after)?;
        return Ok(Exit::Done);
    }
    let label =
        question.ask.choices.iter().find(|choice| choice.key == answer).map(|choice| &choice.label);
    desk.screen.item((Ink::Good, "✓ Answered: "), Ink::Plain, &plain(label.unwrap_or(&answer)))?;
    if let Some(next) = after.questions.first() {
        show_question(desk.screen, &next.ask)?;
        ending::show_next(desk.screen, &after)?;
    } else {
        desk.screen.command("follow", &format!("legwork watch {id}"))?;
    }
    Ok(Exit::Done)
}

fn find(view: &TaskView, number: Option<QuestionId>) -> Result<&QuestionView, UserError> {
    let id = plain(&view.line.id);
    let found = match number {
        Some(number) => view.questions.iter().find(|question| question.id == number),
        None => view.questions.first(),
    };
    found.ok_or_else(|| {
        let what = match number {
            Some(number) => format!("task {id} does not ask a question {number} now"),
            None => format!("task {id} asks nothing now"),
        };
        let error = UserError::new(ErrorKind::User, "question-unknown", what);
        if view.plan_waits {
            return error.cause("its plan waits for you, which is another thing").next(format!(
                "`legwork plan {id}` shows it, `legwork plan {id} --approve` approves it"
            ));
        }
        if let Some(question) = view.questions.first() {
            return error
                .next(format!("question {} waits: `legwork answer {id}` shows it", question.id));
        }
        error.next(format!("`legwork show {id}` shows how it stands"))
    })
}

/// The choice that `answer` names by its key, its label or its number; or free words where welcome.
fn understood(question: &QuestionView, answer: &str, view: &TaskView) -> Result<String, UserError> {
    let typed = answer.trim();
    let same = |text: &str| text.trim().to_lowercase() == typed.to_lowercase();
    let choices = &question.ask.choices;
    let by_key = choices.iter().find(|choice| choice.key == typed);
    let by_words = || choices.iter().find(|choice| same(&choice.key) || same(&choice.label));
    let by_number = || {
        let number: usize = typed.parse().ok()?;
        choices.get(number.checked_sub(1)?)
    };
    if let Some(choice) = by_key.or_else(by_words).or_else(by_number) {
        return Ok(choice.key.clone());
    }
    if question.ask.free && !typed.is_empty() {
        return Ok(typed.to_owned());
    }
    let keys: Vec<String> =
        choices.iter().map(|choice| format!("`{}`", plain(&choice.key))).collect();
    let what = format!("`{}` is none of the choices", plain(typed));
    Err(UserError::new(ErrorKind::User, "answer-unfit", what)
        .cause(format!("the question is: {}", plain(&question.ask.text)))
        .next(format!("answer with one of {}, or with its number", keys.join(", ")))
        .next(format!("`legwork answer {}` shows them", plain(&view.line.id))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use task::Choice;

    #[test]
    fn an_answer_is_a_key_a_label_a_number_or_free_words() {
        let choices = [("eur", "Euro"), ("1", "Dollar"), ("chf", "Franken")];
        let choices: Vec<Choice> =
            choices.into_iter().map(|(key, label)| Choice::new(key, label)).collect();
        let asked = |free| QuestionView {
            id: QuestionId::Call(task::CallId(4)),
            ask: task::Ask {
                text: "Which currency?".to_owned(),
                why: String::new(),
                pictures: vec![],
                choices: choices.clone(),
                suggested: None,
                free,
            },
        };
        let view: TaskView = serde_json::from_value(crate::test_task()).unwrap();
        let cases = [
            ("eur", false, "eur"),
            ("EURO ", false, "eur"),
            ("3", false, "chf"),
            // A key wins over a number.
            ("1", false, "1"),
            ("0", false, "answer-unfit"),
            ("4", false, "answer-unfit"),
            ("yen", false, "answer-unfit"),
            ("yen", true, "yen"),
            ("", true, "answer-unfit"),
        ];
        for (typed, free, expected) in cases {
            let answer = understood(&asked(free), typed, &view).unwrap_or_else(|error| error.code);
            assert_eq!(answer, expected, "{typed:?}");
        }
    }
}
