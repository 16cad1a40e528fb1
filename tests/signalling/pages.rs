//! Plain HTTP: health, headers, redirects, languages.

use crate::lab::{Answer, Server};

fn nonce(page: &Answer) -> String {
    let policy = page.header("content-security-policy").expect("a policy");
    let (_, rest) = policy.split_once("'nonce-").unwrap_or_else(|| panic!("{policy}"));
    rest.split('\'').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_health_check_answers() {
    let answer = Server::start().await.get("/healthz", &[]).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.0.ends_with("ok"));
}

#[tokio::test]
async fn a_server_that_runs_is_ready() {
    let answer = Server::start().await.get("/readyz", &[]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.0.ends_with(r#"{"ready":true}"#), "{}", answer.0);
}

#[tokio::test]
async fn pages_come_with_a_strict_policy_and_a_nonce_of_their_own() {
    let server = Server::start().await;
    let (first, second) = (server.get("/", &[]).await, server.get("/", &[]).await);
    for page in [&first, &second] {
        assert_eq!(page.status(), 200);
        let nonce = nonce(page);
        assert!(nonce.len() >= 16 && page.0.contains(&format!("nonce=\"{nonce}\"")), "{}", page.0);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe-inline"), "{policy}");
        for part in [
            "connect-src 'self';",
            "object-src 'none';",
            "base-uri 'none';",
            "form-action 'self';",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        let permissions = page.header("permissions-policy").unwrap();
        for own in ["camera=(self)", "microphone=(self)", "display-capture=(self)", "geolocation=()"] {
            assert!(permissions.contains(own), "{permissions}");
        }
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(page.header(name), Some(value), "{name}");
        }
    }
    assert_ne!(nonce(&first), nonce(&second));
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_the_same_headers() {
    let server = Server::start().await;
    for path in ["/nowhere", "/pkg/nothing.js", "/pkg/../../Cargo.toml", "/%2e%2e/Cargo.toml", "/Leptos.toml"]
    {
        let answer = server.get(path, &[]).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert!(
            answer.header("content-security-policy").is_some_and(|policy| policy.contains("'none'")),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[tokio::test]
async fn a_file_of_no_build_is_an_empty_404() {
    let server = Server::start().await;
    for path in ["/pkg/nothing.js", "/pkg/before/parlor.wasm"] {
        let answer = server.get(path, &[]).await;
        assert_eq!((answer.status(), answer.header("cache-control")), (404, Some("no-store")), "{path}");
        assert!(answer.0.ends_with("\r\n\r\n"), "{}", answer.0);
    }
}

#[tokio::test]
async fn a_page_comes_as_text_for_the_script_that_asks_so() {
    let server = Server::start().await;
    for (path, status) in [("/", 200), ("/room/4711", 200), ("/nowhere", 404)] {
        let text = server.get(path, &[("accept", "text/plain")]).await;
        assert_eq!(
            (text.status(), text.header("content-type")),
            (status, Some("text/plain; charset=utf-8")),
            "{path}"
        );
        assert_eq!(text.header("cache-control"), Some("no-store, no-transform"));
        assert_eq!(text.header("x-content-type-options"), Some("nosniff"));
        let page = server.get(path, &[("accept", "text/html,*/*;q=0.8")]).await;
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.header("vary").is_some_and(|vary| vary.contains("accept,")));
        let main = |answer: &Answer| {
            answer.0.split_once("<main").map(|(_, rest)| rest.split("</main>").next().unwrap().to_owned())
        };
        assert!(main(&text).is_some_and(|nodes| Some(nodes) == main(&page)), "{path}");
    }
}

#[tokio::test]
async fn the_form_of_a_page_without_scripts_leads_to_the_room() {
    let server = Server::start().await;
    for (query, target) in [
        ("room=4711", "/room/4711"),
        ("room=+482+913%20775", "/room/482913775"),
        ("room=a%2Fb", "/?room=a%2Fb"),
        ("room=%EF%BC%94711%20-%200815.", "/room/47110815"),
        (
            "room=https%3A%2F%2Fother.example%2Froom%2F4711",
            "/?room=https%3A%2F%2Fother.example%2Froom%2F4711",
        ),
        ("room=%3Cb%3Ex%3C%2Fb%3E&x=1", "/?room=%3Cb%3Ex%3C%2Fb%3E&x=1"),
        ("room=", "/?room="),
        ("", "/?"),
    ] {
        let answer = server.get(&format!("/room?{query}"), &[]).await;
        assert_eq!((answer.status(), answer.header("location")), (303, Some(target)), "{query}");
    }
}

#[tokio::test]
async fn a_link_of_this_server_pasted_into_that_form_leads_to_the_room() {
    let server = Server::start().await;
    let query = format!("room=http%3A%2F%2F{}%2FRoom%2F4711%3Flang%3Dko", server.address);
    let answer = server.get(&format!("/room?{query}"), &[]).await;
    assert_eq!((answer.status(), answer.header("location")), (303, Some("/room/4711")));
}

#[tokio::test]
async fn every_spelling_of_a_room_address_leads_to_its_normal_form() {
    let server = Server::start().await;
    for path in [
        "/room/4711/",
        "/room/4711.",
        "/room/4711)",
        "/room/4711%20",
        "/room/4711%E2%80%8B",
        "/Room/4711",
        "/ROOM/%EF%BC%94711",
        "/room/47-11",
    ] {
        for query in ["", "?lang=ko"] {
            let answer = server.get(&format!("{path}{query}"), &[]).await;
            let target = format!("/room/4711{query}");
            assert_eq!((answer.status(), answer.header("location")), (308, Some(&*target)), "{path}{query}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        }
    }
    assert_eq!(server.get("/room/4711", &[]).await.status(), 200);
}

#[tokio::test]
async fn an_address_of_no_room_is_a_404() {
    let server = Server::start().await;
    let long = format!("/room/{}", "7".repeat(65));
    for path in
        ["/room/", "/room/a%2Bb", "/room/%EB%B0%A9", "/room/%ff", "/room/4711/x", "/rooms/4711", &long]
    {
        assert_eq!(server.get(path, &[]).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_page_speaks_the_language_asked_for_and_remembers_it() {
    let server = Server::start().await;
    let asked = server.get("/?lang=ko", &[("accept-language", "en")]).await;
    assert!(asked.0.contains("<html lang=\"ko\""), "{}", asked.0);
    assert_eq!(asked.header("set-cookie"), Some("lang=ko; Path=/; Max-Age=31536000; SameSite=Lax"));
    let remembered = server.get("/", &[("accept-language", "en"), ("cookie", "a=b; lang=ko")]).await;
    assert!(remembered.0.contains("<html lang=\"ko\"") && remembered.header("set-cookie").is_none());
    let preferred = server.get("/", &[("accept-language", "ko-KR,ko;q=0.9,en;q=0.8")]).await;
    assert!(preferred.0.contains("<html lang=\"ko\""));
    let plain = server.get("/", &[]).await;
    assert!(plain.0.contains("<html lang=\"en\"") && plain.header("vary").is_some());
}

#[tokio::test]
async fn the_socket_path_is_for_sockets() {
    let answer = Server::start().await.get("/ws", &[]).await;
    assert!((400..500).contains(&answer.status()), "{}", answer.0);
}
