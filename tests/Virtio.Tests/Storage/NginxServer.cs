using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Virtio.Tests.Storage;

/// <summary>A real nginx on a free loopback port, serving a folder of its own.</summary>
internal sealed class NginxServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _configuration;
    private readonly int _port;
    private Process? _process;

    private NginxServer(string locationRules)
    {
        using (TcpListener listener = new(IPAddress.Loopback, 0))
        {
            listener.Start();
            _port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        Directory.CreateDirectory(Path.Combine(_folder.Root, "www"));
        _configuration = _folder.File("nginx.conf", System.Text.Encoding.ASCII.GetBytes($$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log;
            events { worker_connections 256; }
            http {
              access_log access.log;
              client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
              server { listen 127.0.0.1:{{_port}}; root www; {{locationRules}} }
            }
            """));
    }

    public static async Task<NginxServer> StartAsync(string locationRules = "")
    {
        Programs.Find("nginx");
        NginxServer server = new(locationRules);
        await server.StartAgainAsync();
        return server;
    }

    public Uri Address(string name) => new($"http://127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}/{name}");

    public string FilePath(string name) => Path.Combine(_folder.Root, "www", name);

    public Uri Publish(string name, byte[] content)
    {
        // Written beside and renamed into place, as a new version should be.
        File.WriteAllBytes(FilePath(name + ".new"), content);
        File.Move(FilePath(name + ".new"), FilePath(name), overwrite: true);
        return Address(name);
    }

    public string[] AccessLog() => File.ReadAllLines(Path.Combine(_folder.Root, "access.log"));

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
