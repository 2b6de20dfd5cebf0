//! Pages that answer a form and have no address of their own: the server provides one as context in place of the route.

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
        match self {
            Self::Review(data) => {
                view! { <Layout><Title text="Review" /><ReviewPage data=*data /></Layout> }.into_any()
            }
            Self::AlertReview(data) => {
                view! { <Layout><Title text="Review the rule" /><RuleReviewView data=*data /></Layout> }.into_any()
            }
            Self::Conflict(data) => {
                view! { <Layout><Title text="Conflict" /><ConflictPage data=*data /></Layout> }.into_any()
            }
            Self::CheckedGuid(data) => view! { <Title text="Set up" /><SetupGuidPage data=*data /> }.into_any(),
            Self::CheckedResponse(data) => {
                view! { <Layout><Title text="Exchange by hand" /><HandView data=*data /></Layout> }.into_any()
            }
            Self::Cluster(data) => {
                view! { <Layout><Title text="Cluster" /><ClusterView data=*data /></Layout> }.into_any()
            }
            Self::ProbedConnection(data) => {
                view! { <Title text="Set up" /><SetupConnectionPage data=*data /> }.into_any()
            }
            Self::Invited(invitation) => crate::routes::invited(*invitation),
            Self::Resume(data) => {
                view! { <BareLayout><Title text="Signed in again" /><ResumePage data=data /></BareLayout> }.into_any()
            }
            Self::Error { status, title, sentence, hint } => {
                let page = {
                    let title = title.clone();
                    move || view! { <ErrorPage status=status title=title.clone() sentence=sentence.clone() hint=hint.clone() /> }
                };
                if request().viewer.is_some() {
                    view! { <Layout><Title text=title />{page()}</Layout> }.into_any()
                } else {
                    view! { <BareLayout><Title text=title />{page()}</BareLayout> }.into_any()
                }
            }
        }
    }
}
