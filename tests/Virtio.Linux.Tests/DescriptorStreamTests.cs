using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public sealed class DescriptorStreamTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly AnonymousPipeServerStream _reader = new(PipeDirection.In);
    private readonly AnonymousPipeClientStream _writer;

    public DescriptorStreamTests() => _writer = new AnonymousPipeClientStream(PipeDirection.Out, _reader.ClientSafePipeHandle);

    public void Dispose()
    {
        _writer.Dispose();
        _reader.Dispose();
    }

    [Fact]
    public async Task Bytes_go_through_a_pipe_unchanged_until_its_end()
    {
        await using var output = new DescriptorStream(Descriptor(_writer.SafePipeHandle), FileAccess.Write);
        await using var input = new DescriptorStream(Descriptor(_reader.SafePipeHandle), FileAccess.Read);
        byte[] sent = RandomNumberGenerator.GetBytes(1_000_000);
        var received = new MemoryStream();

        Task copy = input.CopyToAsync(received);
        await output.WriteAsync(sent).AsTask().WaitAsync(Limit);
        _writer.Dispose();
        await copy.WaitAsync(Limit);

        Assert.Equal(sent, received.ToArray());
    }

    [Fact]
    public async Task Cancelling_ends_a_read_that_waits()
    {
        await using var input = new DescriptorStream(Descriptor(_reader.SafePipeHandle), FileAccess.Read);
        using var cancel = new CancellationTokenSource();
        Task<int> read = input.ReadAsync(new byte[1], cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Limit));
    }

    [Fact]
    public async Task Cancelling_ends_a_write_that_nobody_reads()
    {
        await using var output = new DescriptorStream(Descriptor(_writer.SafePipeHandle), FileAccess.Write);
        using var cancel = new CancellationTokenSource();
        Task write = output.WriteAsync(new byte[10_000_000], cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_reader_that_is_gone_is_an_error_of_the_writer()
    {
        await using var output = new DescriptorStream(Descriptor(_writer.SafePipeHandle), FileAccess.Write);
        _reader.Dispose();

        await Assert.ThrowsAsync<IOException>(() => output.WriteAsync(new byte[1]).AsTask().WaitAsync(Limit));
    }

    [Fact]
    public async Task A_file_is_written_at_the_position_that_is_shared_with_others()
    {
        string path = Path.GetTempFileName();
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            await using var output = new DescriptorStream(Descriptor(file), FileAccess.Write);
            await using var other = new DescriptorStream(Descriptor(file), FileAccess.Write);
            await output.WriteAsync("one "u8.ToArray());
            await other.WriteAsync("two "u8.ToArray());
            await output.WriteAsync("three"u8.ToArray());

            Assert.Equal("one two three", await File.ReadAllTextAsync(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static int Descriptor(SafeHandle handle) => (int)handle.DangerousGetHandle();
}
