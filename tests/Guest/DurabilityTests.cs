using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Virtio.Guest.Tests.Machines;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

public sealed partial class DurabilityTests
{
    [Theory]
    [OnEachMachine]
    public async Task Every_flushed_byte_survives_the_death_of_the_machines_process(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", 32 << 20);
        string cli = Path.Combine(AppContext.BaseDirectory, "Virtio.Cli");
        string[] arguments = ["run", "--machine", machine == MicroVmMachine.Kvm ? "kvm" : "software", "--disk", disk];
        using Process process = Process.Start(new ProcessStartInfo(cli, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            await process.StandardInput.WriteAsync(
                "stty -echo; umount /mnt; dd if=/dev/urandom of=/tmp/d bs=1M count=4 2>/dev/null; " +
                "dd if=/tmp/d of=/dev/vda bs=4k seek=1024 conv=fsync 2>/dev/null; echo sum=$(sha256sum </tmp/d)\n");
            await process.StandardInput.FlushAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            string? line;
            do
            {
                line = await process.StandardOutput.ReadLineAsync(limit.Token);
            }
            while (line is not null && !Sum().IsMatch(line));

            process.Kill();
            await process.WaitForExitAsync(limit.Token);

            byte[] survived = new byte[4 << 20];
            await using FileStream file = File.OpenRead(disk);
            file.Position = 4 << 20;
            await file.ReadExactlyAsync(survived);
            Assert.Equal(line is null ? null : Sum().Match(line).Groups[1].Value, Convert.ToHexStringLower(SHA256.HashData(survived)));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    // The terminal also shows the command that prints the sum, so match only the sum itself.
    [GeneratedRegex("sum=([0-9a-f]{64})")]
    private static partial Regex Sum();
}
