using System.IO.Pipelines;
using System.Text;
using Virtio.Devices.Console;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>The other end of a guest's hvc0: types lines and waits for answers.</summary>
internal sealed class GuestTerminal : Stream
{
    private readonly Pipe _keys = new();
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly List<(string Expected, TaskCompletionSource Found)> _waiting = [];
    private int _read;

    /// <summary>The keys that the test types.</summary>
    public Stream Keys => _keys.Reader.AsStream();

    /// <summary>Makes the console device that this terminal is connected to.</summary>
    public ConsoleDevice CreateDevice() => new(new ConsoleDeviceOptions { Input = Keys, Output = this });

    /// <summary>All output of the guest so far.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
                return _text.ToString();
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Types a line.</summary>
    public async Task TypeAsync(string line) => await _keys.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>Waits until a text appears after the last text that was waited for.</summary>
    public async Task ExpectAsync(string expected, TimeSpan timeLimit)
    {
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((expected, found));
            Look();
        }

        try
        {
            await found.Task.WaitAsync(timeLimit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"the guest did not write '{expected}' within {timeLimit.TotalSeconds} s, but:\n{Text}");
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_lock)
        {
            _text.Append(Encoding.UTF8.GetString(buffer, offset, count));
            Look();
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Look()
    {
        while (_waiting.Count > 0)
        {
            var (expected, found) = _waiting[0];
            var at = _text.ToString(_read, _text.Length - _read).IndexOf(expected, StringComparison.Ordinal);
            if (at < 0)
                return;

            _read += at + expected.Length;
            _waiting.RemoveAt(0);
            found.SetResult();
        }
    }
}
