//! The servers of this package start, and answer as their users expect.

use std::error::Error;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use hutch_testservers::{Apache, Cluster, PASSWORD, USER, Xrootd, python_with};
use reqwest::header::RANGE;
use reqwest::{Certificate, Client, StatusCode};

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::test]
async fn apache_answers_a_range_over_plain_http_and_tls() -> Outcome {
    let Some(apache) = Apache::start()? else {
        return Ok(());
    };
    apache.server.put_file("run 1/scan.h5", b"0123456789")?;
    let client = client_trusting(&fs::read(&apache.ca_pem)?)?;
    for base in [&apache.url, &apache.tls_url, &apache.open_url] {
        let reply = client
            .get(format!("{base}run%201/scan.h5"))
            .basic_auth(USER, Some(PASSWORD))
            .header(RANGE, "bytes=2-4")
            .send()
            .await?;
        assert_eq!(
            reply.status(),
            StatusCode::PARTIAL_CONTENT,
            "a part of a file at {base}"
        );
        assert_eq!(
            reply.text().await?,
            "234",
            "the bytes that were asked for at {base}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn apache_lets_alice_write_and_nobody_else() -> Outcome {
    let Some(apache) = Apache::start()? else {
        return Ok(());
    };
    let client = Client::new();
    let url = format!("{}new.txt", apache.url);
    let stranger = client.put(&url).body("x").send().await?;
    assert_eq!(
        stranger.status(),
        StatusCode::UNAUTHORIZED,
        "nobody signed in"
    );
    let open = client
        .put(format!("{}new.txt", apache.open_url))
        .body("x")
        .send()
        .await?;
    assert_eq!(
        open.status(),
        StatusCode::FORBIDDEN,
        "the open folder is read only"
    );
    let alice = client
        .put(&url)
        .basic_auth(USER, Some(PASSWORD))
        .body("x")
        .send()
        .await?;
    assert_eq!(alice.status(), StatusCode::CREATED, "alice may write");
    assert!(
        apache.server.data_dir().join("new.txt").is_file(),
        "the file is there"
    );
    Ok(())
}

#[tokio::test]
async fn xrootd_answers_a_range_whose_header_is_in_title_case() -> Outcome {
    let Some(xrootd) = Xrootd::start()? else {
        return Ok(());
    };
    xrootd.server.put_file("scan.h5", b"0123456789")?;
    let client = client_trusting(&fs::read(&xrootd.ca_pem)?)?;
    for base in [&xrootd.url, &xrootd.tls_url] {
        let reply = client
            .get(format!("{base}scan.h5"))
            .header(RANGE, "bytes=2-4")
            .send()
            .await?;
        assert_eq!(
            reply.status(),
            StatusCode::PARTIAL_CONTENT,
            "a part of a file at {base}"
        );
        assert_eq!(
            reply.text().await?,
            "234",
            "the bytes that were asked for at {base}"
        );
    }
    Ok(())
}

#[test]
fn slurm_completes_a_job_that_came_over_ssh() -> Outcome {
    let Some(cluster) = Cluster::start()? else {
        return Ok(());
    };
    let output = cluster.slurm.server.dir.join("job.out");
    let submit = format!(
        "sbatch --parsable --output={} --wrap 'echo done'",
        output.display()
    );
    let job = said(&mut cluster.sshd.ssh(&submit))?;
    let show = format!("scontrol --oneliner show job {}", job.trim());
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let state = said(&mut cluster.sshd.ssh(&show))?;
        if state.contains("JobState=COMPLETED") {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "the job is not done after 20 s: {state}"
        );
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(fs::read_to_string(output)?, "done\n", "what the job wrote");
    let mut through = Command::new("ssh");
    through
        .arg("-F")
        .arg(&cluster.sshd.ssh_config)
        .args([cluster.sshd.host_behind_bastion, "squeue --noheader"]);
    assert_eq!(
        said(&mut through)?,
        "",
        "the queue is empty, seen through the bastion"
    );
    Ok(())
}

#[test]
fn a_dropped_server_leaves_nothing() -> Outcome {
    let Some(apache) = Apache::start()? else {
        return Ok(());
    };
    let dir = apache.server.dir.clone();
    let pid = fs::read_to_string(dir.join("run/apache.pid"))?;
    drop(apache);
    assert!(!dir.exists(), "the folder '{}' is removed", dir.display());
    let command_line = fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
    assert!(
        command_line.is_empty(),
        "the server of process {} ended",
        pid.trim()
    );
    Ok(())
}

#[test]
fn the_prepared_python_writes_hdf5() -> Outcome {
    let Some(python) = python_with("h5py") else {
        return Ok(());
    };
    let version = said(Command::new(python).args(["-c", "import h5py; print(h5py.__version__)"]))?;
    assert!(
        version.starts_with('3'),
        "h5py 3 is expected, not {version}"
    );
    Ok(())
}

/// A client that sends its headers in title case and trusts only the test's CA.
fn client_trusting(ca_pem: &[u8]) -> reqwest::Result<Client> {
    Client::builder()
        .http1_only()
        .http1_title_case_headers()
        .tls_certs_only([Certificate::from_pem(ca_pem)?])
        .no_proxy()
        .build()
}

fn said(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
