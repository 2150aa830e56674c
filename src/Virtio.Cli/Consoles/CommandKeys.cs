namespace Virtio.Cli.Consoles;

/// <summary>
/// Takes the commands out of what is typed: Ctrl-A x ends the machine, Ctrl-A h lists the commands, Ctrl-A Ctrl-A is one Ctrl-A. Ctrl-A and any other key are passed on, both.
/// </summary>
/// <param name="help">Called where the list is asked for.</param>
internal sealed class CommandKeys(Action help)
{
    internal const byte Prefix = 1;
    internal const byte End = (byte)'x';
    internal const byte Help = (byte)'h';

    /// <summary>The commands, for people; of <c>virtio run</c> and <c>virtio serve console</c> alike.</summary>
    internal const string List =
        """
        Ctrl-A h        lists these keys
        Ctrl-A x        ends the machine, as if its power were cut
        Ctrl-A Ctrl-A   sends one Ctrl-A
        """;

    private bool _prefixed;

    /// <summary>Whether the end was asked for; nothing after that is passed on.</summary>
    internal bool Ended { get; private set; }

    /// <summary>Passes keys on.</summary>
    /// <param name="typed">What was typed.</param>
    /// <param name="passed">One byte longer than <paramref name="typed"/>, for the Ctrl-A of the call before.</param>
    /// <returns>How many were passed on.</returns>
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
