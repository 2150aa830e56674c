namespace Virtio.Cli.Consoles;

/// <summary>The keys typed at a terminal, without the commands among them. Ends at the command that ends the machine.</summary>
/// <param name="typed">The terminal's input.</param>
/// <param name="end">Called at the command that ends the machine.</param>
/// <param name="help">Called at the command that lists the commands.</param>
internal sealed class CommandKeyStream(Stream typed, Action end, Action help) : AsynchronousStream
{
    private readonly CommandKeys _keys = new(help);
    private readonly byte[] _typed = new byte[256];
    private readonly byte[] _passed = new byte[256 + 1];
    private ReadOnlyMemory<byte> _left;

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_left.IsEmpty)
        {
            if (_keys.Ended)
                return 0;
            int count = await typed.ReadAsync(_typed, cancellationToken).ConfigureAwait(false);
            if (count == 0)
                return 0;
            _left = _passed.AsMemory(0, _keys.Filter(_typed.AsSpan(0, count), _passed));
            if (_keys.Ended)
                end();
        }

        int length = Math.Min(buffer.Length, _left.Length);
        _left[..length].CopyTo(buffer);
        _left = _left[length..];
        return length;
    }
}
