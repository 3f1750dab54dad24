//! Connectors against real servers: Apache, XRootD, Slurm behind sshd.
//!
//! Each test starts its own server and is skipped, on record, where the server
//! is not installed or not asked for.

#[cfg(test)]
mod servers {
    use std::error::Error;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use bytes::Bytes;
    use hutch_connectors::compute::{Slurm, SlurmSettings};
    use hutch_connectors::http::{HttpClient, HttpSettings, NoCredentials};
    use hutch_connectors::read_at::{
        BlockCache, BlockStore, Coalesce, Limit, Meter, Retry, RetryPolicy, usual_stack,
    };
    use hutch_connectors::storage::WebDav;
    use hutch_model::{
        ByteRange, Cancel, ComputeBackend as _, ErrorKind, JobId, JobSpec, JobState, JobStatus,
        ReadAt, Resources, Storage as _,
    };
    use hutch_testservers::{Apache, Cluster, PASSWORD, Served, Server, USER, Xrootd};

    type Outcome = Result<(), Box<dyn Error>>;

    fn client(ca_bundle: Option<&Path>) -> HttpClient {
        let settings = HttpSettings {
            ca_bundle: ca_bundle.map(Path::to_owned),
            ..HttpSettings::default()
        };
        HttpClient::new(settings, Arc::new(NoCredentials)).unwrap()
    }

    fn with_login(url: &str) -> String {
        url.replacen("://", &format!("://{USER}:{PASSWORD}@"), 1)
    }

    fn content(size: usize) -> Vec<u8> {
        (0..=250_u8).cycle().take(size).collect()
    }

    async fn read(file: &dyn ReadAt, start: u64, end: u64) -> hutch_model::Result<Bytes> {
        let ranges = [ByteRange::new(start, end)];
        file.read(&ranges, &Cancel::new()).await.remove(0)
    }

    /// What every WebDAV server must be good for.
    async fn serves(dav: &WebDav, server: &Server) {
        let all = content(5 << 20);
        let odd = "a b+ü#%41.h5";
        server.put_file("run 1/big.h5", &all).unwrap();
        server.put_file(&format!("run 1/{odd}"), b"odd").unwrap();
        server.put_file("run 1/sub/deeper.h5", b"deep").unwrap();
        let cancel = Cancel::new();

        let entries = dav.list("/run 1", &cancel).await.unwrap();
        let mut paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        paths.sort_unstable();
        let expected = [
            format!("/run 1/{odd}"),
            "/run 1/big.h5".into(),
            "/run 1/sub".into(),
        ];
        assert_eq!(paths, expected, "what is in the folder");

        for (path, expected) in [("/run 1/big.h5", &all[..]), (&expected[0], b"odd")] {
            let file = dav.open(path).await.unwrap();
            let size = file.identity().await.unwrap().size_bytes;
            assert_eq!(size, expected.len() as u64, "the size of {path}");
            let bytes = read(&*file, 0, size).await.unwrap();
            assert!(bytes == expected, "the bytes of {path}");
        }

        let store = BlockStore::new(64 << 20);
        let raw = dav.open("/run 1/big.h5").await.unwrap();
        let stack = usual_stack(raw, &store, &Meter::new());
        let ranges: Vec<ByteRange> = (0..60)
            .map(|index| ByteRange::new(index * 87_000, index * 87_000 + 500 * (index % 7)))
            .collect();
        for (range, part) in ranges.iter().zip(stack.read(&ranges, &cancel).await) {
            let span = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            assert!(part.unwrap() == all[span], "{range:?}");
        }

        let upload = Bytes::from(content(300_000));
        for turn in 0..2 {
            let entry = dav
                .put("/run 1/up load.h5", upload.clone(), &cancel)
                .await
                .unwrap();
            assert_eq!(entry.size_bytes, Some(300_000), "upload {turn} is whole");
        }
        let back = dav.open("/run 1/up load.h5").await.unwrap();
        assert!(
            read(&*back, 0, 300_000).await.unwrap() == upload,
            "it comes back"
        );
        let entries = dav.list("/run 1", &cancel).await.unwrap();
        assert_eq!(
            entries.len(),
            4,
            "nothing is left of the uploads: {entries:?}"
        );

        let error = dav.open("/missing.h5").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    }

    /// A file that is replaced under its reader is never spliced.
    async fn tells_changes(dav: &WebDav, server: &Server) {
        server.put_file("changing.h5", &content(3 << 20)).unwrap();
        let file = dav.open("/changing.h5").await.unwrap();
        read(&*file, 0, 10).await.unwrap();
        server.put_file("changing.h5", &content(2 << 20)).unwrap();
        let error = read(&*file, 1 << 20, (1 << 20) + 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Integrity, "{error}");
        assert_eq!(
            file.refresh().await.unwrap().size_bytes,
            2 << 20,
            "the new size"
        );
        assert!(
            read(&*file, 1 << 20, (1 << 20) + 10).await.is_ok(),
            "the new bytes"
        );
    }

    /// The usual stack over a server that is far away; here it is near.
    fn far_stack(file: Arc<dyn ReadAt>, store: Arc<BlockStore>) -> BlockCache {
        let limited = Arc::new(Limit::new(file, 8));
        let retried = Arc::new(Retry::new(limited, RetryPolicy::default()));
        BlockCache::new(Arc::new(Coalesce::new(retried)), store)
    }

    /// A row of each of 300 frames comes in a few requests, and what was read of
    /// the structure of a file is not read again by the next program.
    async fn costs_little(url: &str, server: &Server, client: &dyn Fn() -> HttpClient) {
        let all = content(30 << 20);
        server.put_file("stack.h5", &all).unwrap();
        // Apache calls a tag weak for the first second after a change.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let folder = tempfile::tempdir().unwrap();
        let cancel = Cancel::new();
        let rows: Vec<ByteRange> = (0..300)
            .map(|row| ByteRange::new(2_000_000 + row * 90_000, 2_002_000 + row * 90_000))
            .collect();
        for (turn, most_requests) in [(0, 2), (1, 1)] {
            let client = client();
            let dav = WebDav::new(&client, url).unwrap();
            // The listing says whether the file is still the same.
            let file = dav.open("/stack.h5").await.unwrap();
            let store = BlockStore::with_folder(64 << 20, folder.path(), 64 << 20);
            let stack = far_stack(file, store);
            let head = read(&stack, 0, 100_000).await.unwrap();
            assert!(head == all[..100_000], "the head in turn {turn}");
            let asked = client.meter().traffic().requests;
            assert!(
                asked <= most_requests,
                "{asked} requests to open, turn {turn}"
            );
            for (range, part) in rows.iter().zip(stack.read_samples(&rows, &cancel).await) {
                let start = usize::try_from(range.start).unwrap();
                assert!(part.unwrap() == all[start..start + 2000], "{range:?}");
            }
            let asked = client.meter().traffic().requests - asked;
            assert!(asked <= 8, "{asked} requests for 300 rows, turn {turn}");
            wait_for_blocks(folder.path()).await;
        }
    }

    /// The head once, the rows of both turns, and a question before each.
    fn costs_in_the_log(served: Served) {
        let requests = served.requests;
        assert!(requests <= 2 + 8 + 1 + 8, "{requests} requests in its log");
        let rows = 2 * 300 * 2000;
        let bytes = served.bytes;
        assert!(
            bytes <= (1 << 20) + rows + 200_000,
            "{bytes} bytes in its log"
        );
    }

    /// Blocks are written behind the reader's back.
    async fn wait_for_blocks(folder: &Path) {
        for _ in 0..100 {
            let size: u64 = std::fs::read_dir(folder)
                .unwrap()
                .flatten()
                .filter_map(|entry| Some(entry.metadata().ok()?.len()))
                .sum();
            if size > 1 << 20 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no blocks were kept");
    }

    #[tokio::test]
    async fn apache_sends_many_rows_in_few_requests_and_a_head_once() -> Outcome {
        let Some(apache) = Apache::start()? else {
            return Ok(());
        };
        costs_little(&with_login(&apache.url), &apache.server, &|| client(None)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        costs_in_the_log(apache.served());
        Ok(())
    }

    #[tokio::test]
    async fn xrootd_sends_many_rows_in_few_requests_and_a_head_once() -> Outcome {
        let Some(xrootd) = Xrootd::start()? else {
            return Ok(());
        };
        costs_little(&xrootd.url, &xrootd.server, &|| client(None)).await;
        costs_in_the_log(xrootd.served());
        Ok(())
    }

    #[tokio::test]
    async fn apache_lists_reads_and_stores() -> Outcome {
        let Some(apache) = Apache::start()? else {
            return Ok(());
        };
        let dav = WebDav::new(&client(None), &with_login(&apache.url))?;
        serves(&dav, &apache.server).await;
        tells_changes(&dav, &apache.server).await;
        let encrypted = client(Some(&apache.ca_pem));
        let dav = WebDav::new(&encrypted, &with_login(&apache.tls_url))?;
        assert!(
            !dav.list("/", &Cancel::new()).await?.is_empty(),
            "with its own authority"
        );
        let strange = WebDav::new(&client(None), &with_login(&apache.tls_url))?;
        let error = strange.list("/", &Cancel::new()).await.unwrap_err();
        assert!(error.why.contains("certificate"), "not without: {error}");
        Ok(())
    }

    #[tokio::test]
    async fn apache_lets_nobody_in_without_a_login() -> Outcome {
        let Some(apache) = Apache::start()? else {
            return Ok(());
        };
        let dav = WebDav::new(&client(None), &apache.url)?;
        let error = dav.list("/", &Cancel::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::SignIn, "{error}");
        let wrong = apache.url.replacen("://", "://alice:canary@", 1);
        let dav = WebDav::new(&client(None), &wrong)?;
        let error = dav.list("/", &Cancel::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::SignIn, "{error}");
        let shown = format!("{error} {error:?} {dav:?}");
        assert!(!shown.contains("canary"), "{shown}");
        let bytes = Bytes::from_static(b"x");
        let open = WebDav::new(&client(None), &apache.open_url)?;
        let refused = open.put("/x.h5", bytes, &Cancel::new()).await.unwrap_err();
        let told = [ErrorKind::Refused, ErrorKind::SignIn, ErrorKind::NotFound];
        assert!(told.contains(&refused.kind), "a folder to read: {refused}");
        Ok(())
    }

    #[tokio::test]
    async fn xrootd_lists_reads_and_stores() -> Outcome {
        let Some(xrootd) = Xrootd::start()? else {
            return Ok(());
        };
        let dav = WebDav::new(&client(None), &xrootd.url)?;
        serves(&dav, &xrootd.server).await;
        tells_changes(&dav, &xrootd.server).await;
        Ok(())
    }

    fn cluster_settings(cluster: &Cluster) -> SlurmSettings {
        let work = cluster.sshd.server.dir.join("hutch work");
        SlurmSettings {
            name: "the test cluster".into(),
            host: cluster.sshd.host.into(),
            ssh_config: Some(cluster.sshd.ssh_config.clone()),
            partition: cluster.slurm.partitions[0].into(),
            work_folder: work.display().to_string(),
            ..SlurmSettings::default()
        }
    }

    fn job(folder: &Path, script: &str) -> JobSpec {
        JobSpec {
            name: "it's a test".into(),
            argv: vec![
                "sh".into(),
                "-c".into(),
                script.into(),
                "it's \"$0\"".into(),
            ],
            files: vec![("recipe.toml".into(), "name = 'it''s $HOME'\n".into())],
            folder: folder.display().to_string(),
            resources: Resources {
                cpus: 1,
                time_limit_secs: 120,
                ..Resources::default()
            },
            results: Vec::new(),
        }
    }

    async fn ended(slurm: &Slurm, job: &JobId) -> JobStatus {
        let begun = Instant::now();
        loop {
            let status = slurm.status(job).await.unwrap();
            if status.state.is_final() {
                return status;
            }
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "{job} ends: {status:?}"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    #[tokio::test]
    async fn slurm_over_ssh_runs_tells_and_cancels() -> Outcome {
        let Some(cluster) = Cluster::start()? else {
            return Ok(());
        };
        let slurm = Slurm::new(cluster_settings(&cluster))?;
        let folder = cluster.sshd.server.dir.join("job's folder");
        let script = "cat recipe.toml > result.txt; echo \"$0\"; echo done; exit 3";
        let id = slurm.submit(&job(&folder, script)).await?;
        let status = ended(&slurm, &id).await;
        assert_eq!(
            (status.state, status.exit_code),
            (JobState::Failed, Some(3)),
            "its end: {status:?}"
        );
        assert_eq!(slurm.log(&id, 0).await?, "it's \"$0\"\ndone\n", "its log");
        assert_eq!(slurm.log(&id, 10).await?, "done\n", "from a byte on");
        let here = tempfile::tempdir()?;
        let there = folder.join("result.txt").display().to_string();
        let size = slurm
            .fetch(&there, &here.path().join("r.txt"), &Cancel::new())
            .await?;
        let text = std::fs::read_to_string(here.path().join("r.txt"))?;
        assert_eq!(text, "name = 'it''s $HOME'\n", "no shell touched it");
        assert_eq!(size, text.len() as u64, "whole");
        let error = slurm
            .fetch("/nonexistent", &here.path().join("x"), &Cancel::new())
            .await;
        assert_eq!(error.unwrap_err().kind, ErrorKind::NotFound, "not there");

        let id = slurm.submit(&job(&folder, "exec sleep 100")).await?;
        slurm.cancel(&id).await?;
        assert_eq!(ended(&slurm, &id).await.state, JobState::Cancelled, "ended");
        let unknown = slurm.status(&JobId("99999".into())).await?;
        assert_eq!(
            unknown.state,
            JobState::Unknown,
            "never failed: {unknown:?}"
        );
        Ok(())
    }

    #[tokio::test]
    async fn slurm_says_why_it_refuses_and_why_a_job_waits() -> Outcome {
        let Some(cluster) = Cluster::start()? else {
            return Ok(());
        };
        let folder = cluster.sshd.server.dir.join("job");
        let nosuch = Slurm::new(SlurmSettings {
            partition: "nosuch".into(),
            ..cluster_settings(&cluster)
        })?;
        let error = nosuch.submit(&job(&folder, "true")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{error}");
        assert!(
            error.why.contains("Invalid partition name"),
            "its words: {error}"
        );
        let slurm = Slurm::new(cluster_settings(&cluster))?;
        let cost = slurm.estimate(&job(&folder, "true")).await?;
        assert!(
            cost.wait_secs.is_some_and(|wait| wait < 600.0),
            "soon: {cost:?}"
        );
        let mut large = job(&folder, "true");
        large.resources.cpus = 99;
        match slurm.submit(&large).await {
            Ok(id) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let status = slurm.status(&id).await?;
                assert_eq!(status.state, JobState::Pending, "{status:?}");
                assert!(!status.reason.is_empty(), "and why: {status:?}");
            }
            Err(error) => assert_eq!(error.kind, ErrorKind::Refused, "{error}"),
        }
        let unreachable = Slurm::new(SlurmSettings {
            host: "no-such-host.invalid".into(),
            ssh_config: None,
            ..cluster_settings(&cluster)
        })?;
        let error = unreachable.status(&JobId("1".into())).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Network, "{error}");
        Ok(())
    }
}
