//! Pages that answer a form and have no address of their own: the server provides one as context in place of the route.

use crate::drawn::{Draw, Drawn};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::{BareLayout, Layout};
use crate::pages::alerts::{RuleReview, RuleReviewView};
use crate::pages::configuration::{Conflict, ConflictPage, Review, ReviewPage};
use crate::pages::error::ErrorPage;
use crate::pages::exchange::{ClusterPage, ClusterView, HandPage, HandView};
use crate::pages::login::{Resume, ResumePage};
use crate::pages::servers::Invitation;
use crate::pages::setup::{SetupConnection, SetupConnectionPage, SetupGuid, SetupGuidPage};
use crate::request::request;

/// What is shown in place of the route.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A change before it is saved.
    Review(Box<Review>),
    /// An alert rule before it is kept.
    AlertReview(Box<RuleReview>),
    /// Somebody else changed the file meanwhile.
    Conflict(Box<Conflict>),
    /// The GUID was checked; shows what would change.
    CheckedGuid(Box<SetupGuid>),
    /// An answer of a node was checked; shows what it would change.
    CheckedResponse(Box<HandPage>),
    /// What another cluster answered.
    Cluster(Box<ClusterPage>),
    /// The nodes of the connection step were asked.
    ProbedConnection(Box<SetupConnection>),
    /// Signed in again: what was typed can go on its way.
    Resume(Resume),
    /// A code that lets a server in, shown once on the page of the servers.
    Invited(Box<Invitation>),
    /// What went wrong.
    Error { status: u16, title: String, sentence: String, hint: String },
}

impl Answer {
    /// The page of this answer.
    pub fn view(self) -> AnyView {
        let page = match self {
            Self::Review(data) => view! { <Layout><Title text="Review" /><ReviewPage data=*data /></Layout> }.drawn(),
            Self::AlertReview(data) => {
                view! { <Layout><Title text="Review the rule" /><RuleReviewView data=*data /></Layout> }.drawn()
            }
            Self::Conflict(data) => {
                view! { <Layout><Title text="Conflict" /><ConflictPage data=*data /></Layout> }.drawn()
            }
            Self::CheckedGuid(data) => view! { <Title text="Set up" /><SetupGuidPage data=*data /> }.drawn(),
            Self::CheckedResponse(data) => {
                view! { <Layout><Title text="Exchange by hand" /><HandView data=*data /></Layout> }.drawn()
            }
            Self::Cluster(data) => {
                view! { <Layout><Title text="Cluster" /><ClusterView data=*data /></Layout> }.drawn()
            }
            Self::ProbedConnection(data) => view! { <Title text="Set up" /><SetupConnectionPage data=*data /> }.drawn(),
            Self::Invited(invitation) => return crate::routes::invited(*invitation),
            Self::Resume(data) => {
                view! { <BareLayout><Title text="Signed in again" /><ResumePage data=data /></BareLayout> }.drawn()
            }
            Self::Error { status, title, sentence, hint } => failure(status, title, sentence, hint),
        };
        page.into_any()
    }
}

/// A page that says what went wrong.
pub(crate) fn failure(status: u16, title: String, sentence: String, hint: String) -> Drawn {
    let page = {
        let title = title.clone();
        view! { <ErrorPage status=status title=title sentence=sentence hint=hint /> }
    };
    if request().viewer.is_some() {
        view! { <Layout><Title text=title />{page}</Layout> }.drawn()
    } else {
        view! { <BareLayout><Title text=title />{page}</BareLayout> }.drawn()
    }
}
