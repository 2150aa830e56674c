namespace Virtio.Cli.Consoles;

/// <summary>
/// Filters commands out of typed keys: Ctrl-A x ends the machine, Ctrl-A h lists the commands, Ctrl-A Ctrl-A is one Ctrl-A. Ctrl-A with any
/// other key is passed on, both keys.
/// </summary>
/// <param name="help">Called at the command that lists the commands.</param>
internal sealed class CommandKeys(Action help)
{
    internal const byte Prefix = 1;
    internal const byte End = (byte)'x';
    internal const byte Help = (byte)'h';

    /// <summary>The list of commands, for <c>virtio run</c> and <c>virtio serve console</c> alike.</summary>
    internal const string List =
        """
        Ctrl-A h        lists these keys
        Ctrl-A x        ends the machine, as if its power were cut
        Ctrl-A Ctrl-A   sends one Ctrl-A
        """;

    private bool _prefixed;

    /// <summary>Whether the command that ends the machine was typed; no key after it is passed on.</summary>
    internal bool Ended { get; private set; }

    /// <summary>Filters typed keys.</summary>
    /// <param name="typed">The keys.</param>
    /// <param name="passed">The keys to pass on; one byte longer than <paramref name="typed"/>, for a Ctrl-A of the call before.</param>
    /// <returns>How many are to be passed on.</returns>
    internal int Filter(ReadOnlySpan<byte> typed, Span<byte> passed)
    {
        int count = 0;
        foreach (byte key in typed)
        {
            if (_prefixed)
            {
                _prefixed = false;
                if (key == End)
                {
                    Ended = true;
                    return count;
                }

                if (key == Help)
                {
                    help();
                    continue;
                }

                passed[count++] = Prefix;
                if (key != Prefix)
                    passed[count++] = key;
            }
            else if (key == Prefix)
            {
                _prefixed = true;
            }
            else
            {
                passed[count++] = key;
            }
        }

        return count;
    }
}
