using System.Diagnostics;
using Virtio.Tests.Storage;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>Runs these tests as on a host without a guest image. This test runs on every host.</summary>
public sealed class SkippingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Without_a_guest_image_a_test_is_skipped_by_its_name_with_how_to_get_one()
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(
            Path.ChangeExtension(typeof(SkippingTests).Assembly.Location, null),
            ["--filter-class", typeof(ExampleTests).FullName!, "--no-ansi", "--no-progress"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder.Root,
            Environment = { [GuestImage.FolderVariable] = folder.Root },
        };
        using Process process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);

            Assert.Contains(
                $"skipped {typeof(ExampleTests).FullName}.{nameof(ExampleTests.Eight_sectors_are_what_the_guest_says)}",
                output,
                StringComparison.Ordinal);
            Assert.Contains("./build guest", output, StringComparison.Ordinal);
            Assert.Contains("failed: 0", output, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
