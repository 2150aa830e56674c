using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Virtio.Tests.Storage;

/// <summary>A real nginx on a free loopback port that serves a new folder.</summary>
internal sealed class NginxServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _configuration;
    private readonly int _port;
    private readonly string _scheme;
    private Process? _process;

    private NginxServer(string rules, X509Certificate2? certificate)
    {
        _scheme = certificate is null ? "http" : "https";
        using (TcpListener listener = new(IPAddress.Loopback, 0))
        {
            listener.Start();
            _port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        if (certificate is not null)
        {
            _folder.File("tls.pem", Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
            _folder.File("tls.key", Encoding.ASCII.GetBytes(certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()));
            rules += " ssl_certificate tls.pem; ssl_certificate_key tls.key;";
        }

        Directory.CreateDirectory(Path.Combine(_folder.Root, "www"));
        _configuration = _folder.File("nginx.conf", Encoding.ASCII.GetBytes($$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log;
            events { worker_connections 256; }
            http {
              access_log access.log;
              client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
              server { listen 127.0.0.1:{{_port}}{{(certificate is null ? "" : " ssl")}}; root www; {{rules}} }
            }
            """));
    }

    public static async Task<NginxServer> StartAsync(string rules = "", X509Certificate2? certificate = null)
    {
        Programs.Find("nginx");
        NginxServer server = new(rules, certificate);
        await server.StartAgainAsync();
        return server;
    }

    public Uri Address(string name) => new($"{_scheme}://127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}/{name}");

    public string FilePath(string name) => Path.Combine(_folder.Root, "www", name);

    public Uri Publish(string name, byte[] content)
    {
        // Writes a new file and renames it into place, as a new version should be published.
        File.WriteAllBytes(FilePath(name + ".new"), content);
        File.Move(FilePath(name + ".new"), FilePath(name), overwrite: true);
        return Address(name);
    }

    /// <summary>Ends the server and reads its log. nginx writes a line only some time after the answer.</summary>
    public async Task<string[]> EndAndReadLogAsync()
    {
        await Programs.Run("kill", "-QUIT", _process!.Id.ToString(CultureInfo.InvariantCulture));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(limit.Token);
        return await File.ReadAllLinesAsync(Path.Combine(_folder.Root, "access.log"));
    }

    public async Task StartAgainAsync()
    {
        _process = Programs.Start("nginx", "-e", "error.log", "-p", _folder.Root, "-c", _configuration);
        long limit = Environment.TickCount64 + 20_000;
        while (true)
        {
            Assert.False(_process.HasExited, "nginx ended at once");
            Assert.True(Environment.TickCount64 < limit, "nginx did not listen within 20 s");
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, _port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(10);
            }
        }
    }

    public void Stop()
    {
        if (_process is null)
            return;
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Stop();
        _folder.Dispose();
    }
}
