namespace Virtio.Cli.Consoles;

/// <summary>
/// Takes the commands out of what is typed: Ctrl-A x ends the machine, Ctrl-A Ctrl-A is one Ctrl-A. Ctrl-A and any other key are passed on, both.
/// </summary>
internal sealed class CommandKeys
{
    internal const byte Prefix = 1;
    internal const byte End = (byte)'x';

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
