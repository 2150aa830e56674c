using System.Runtime.Versioning;
using Virtio.Linux;

namespace Virtio.Cli.Consoles;

/// <summary>
/// The keys typed at a terminal while this process is in its foreground. In the background a read waits: the keys belong to other programs.
/// </summary>
/// <param name="terminal">The terminal.</param>
/// <param name="waitAsync">Waits until this process is in the foreground.</param>
[SupportedOSPlatform("linux")]
internal sealed class ForegroundStream(Stream terminal, Func<CancellationToken, Task> waitAsync) : AsynchronousStream
{
    // EIO: the result of a read in the background, and of a read from a terminal that is gone.
    private const int InputOutputError = 5;
    private const int MostRefusals = 3;

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (int refusals = 0; ;)
        {
            await waitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await terminal.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e) when (e.HResult == InputOutputError
                && (!Terminal.IsForeground(Terminal.StandardInput) || ++refusals < MostRefusals))
            {
                // The process was sent to the background while it read.
            }
        }
    }
}
