//! A server that cannot be reached for a moment, as while it restarts: whoever writes or asks waits for it, and who asks the
//! time does not (CORRECTNESS C4, C12).

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use sqlx::postgres::PgSslMode;
use store::log::{Log, Outcome};
use store::postgres::PostgresLog;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::fixture::*;

/// What connections meet meanwhile.
#[derive(Clone, Copy, Debug)]
enum Obstacle {
    /// The server was stopped, and its socket with it.
    Gone,
    /// It was killed: nobody listens at its socket.
    Killed,
    /// It is there, and says this SQLSTATE.
    Says(&'static str),
}

impl Obstacle {
    async fn stand(self, socket: &Path) {
        match self {
            Self::Gone => std::future::pending().await,
            Self::Killed => {
                drop(UnixListener::bind(socket).unwrap());
                std::future::pending().await
            }
            Self::Says(code) => {
                let listener = UnixListener::bind(socket).unwrap();
                loop {
                    let (mut client, _) = listener.accept().await.unwrap();
                    // Who it is, first.
                    let _ = client.read(&mut [0; 1_024]).await.unwrap();
                    client.write_all(&refusal(code)).await.unwrap();
                }
            }
        }
    }
}

/// PostgreSQL's ErrorResponse.
fn refusal(code: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0Mnot now\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    [b"E", &length[..], fields.as_bytes()].concat()
}

#[tokio::test]
async fn c04_a_server_that_restarts_is_waited_for() {
    let f = Fixture::new(1).await;
    let folder = tempfile::tempdir().unwrap();
    let name = format!(".s.PGSQL.{}", f.options.get_port());
    let (server, socket) = (f.options.get_socket().unwrap().join(&name), folder.path().join(&name));
    let options = f.options.clone().socket(folder.path()).ssl_mode(PgSslMode::Disable);
    let mut a = Writer::new("a", 1);
    for obstacle in [Obstacle::Gone, Obstacle::Killed, Obstacle::Says("57P03"), Obstacle::Says("53300")] {
        symlink(&server, &socket).unwrap();
        let log = PostgresLog::connect(options.clone(), 2).await.unwrap();
        fs::remove_file(&socket).unwrap();
        let (batch, asked) = ([a.next(&grant(1), None)], [(a.organization.clone(), None)]);
        let restart = async {
            let _ = tokio::time::timeout(Duration::from_millis(500), obstacle.stand(&socket)).await;
            let _ = fs::remove_file(&socket);
            symlink(&server, &socket).unwrap();
        };
        let (appended, found, time, ()) =
            tokio::join!(log.append(0, &batch), log.heads_and_keys(0, &asked), log.now(), restart);
        assert!(matches!(appended.as_deref(), Ok([Outcome::Appended { .. }])), "{obstacle:?}: {appended:?}");
        assert!(found.is_ok(), "{obstacle:?}: {found:?}");
        assert!(time.is_err(), "{obstacle:?}: a time that was long in coming says little");
        fs::remove_file(&socket).unwrap();
    }
}
