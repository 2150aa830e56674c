using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Virtio.Guest.Tests;

public sealed partial class DurabilityTests
{
    [Fact]
    public async Task Every_flushed_byte_survives_the_death_of_the_machines_process()
    {
        Guests.RequireImage();
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", 32 << 20);
        string cli = Path.Combine(AppContext.BaseDirectory, "Virtio.Cli");
        using Process machine = Process.Start(new ProcessStartInfo(cli, ["run", "--disk", disk])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            await machine.StandardInput.WriteAsync(
                "stty -echo; umount /mnt; dd if=/dev/urandom of=/tmp/d bs=1M count=4 2>/dev/null; dd if=/tmp/d of=/dev/vda bs=4k seek=1024 conv=fsync 2>/dev/null; echo sum=$(sha256sum </tmp/d)\n");
            await machine.StandardInput.FlushAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            string? line;
            do
            {
                line = await machine.StandardOutput.ReadLineAsync(limit.Token);
            }
            while (line is not null && !Sum().IsMatch(line));

            machine.Kill();
            await machine.WaitForExitAsync(limit.Token);

            byte[] survived = new byte[4 << 20];
            await using FileStream file = File.OpenRead(disk);
            file.Position = 4 << 20;
            await file.ReadExactlyAsync(survived);
            Assert.Equal(line is null ? null : Sum().Match(line).Groups[1].Value, Convert.ToHexStringLower(SHA256.HashData(survived)));
        }
        finally
        {
            if (!machine.HasExited)
                machine.Kill();
        }
    }

    // The terminal also shows the command that prints this.
    [GeneratedRegex("sum=([0-9a-f]{64})")]
    private static partial Regex Sum();
}
