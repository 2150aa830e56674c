using System.Runtime.Versioning;
using Virtio.Linux;

namespace Virtio.Cli.Consoles;

/// <summary>
/// What is typed at a terminal while this process is in its foreground. In the background the keys are other programs', and this waits.
/// </summary>
/// <param name="terminal">The terminal.</param>
/// <param name="waitAsync">Waits until this process is in the foreground.</param>
[SupportedOSPlatform("linux")]
internal sealed class ForegroundStream(Stream terminal, Func<CancellationToken, Task> waitAsync) : AsynchronousStream
{
    // EIO: the answer to a read in the background, and of a terminal that is gone.
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
            catch (IOException e) when (e.HResult == InputOutputError && (!Terminal.IsForeground(Terminal.StandardInput) || ++refusals < MostRefusals))
            {
                // The process was sent to the background while it waited for a key.
            }
        }
    }
}
