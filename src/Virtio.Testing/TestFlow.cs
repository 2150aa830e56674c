using System.Runtime.ExceptionServices;

namespace Virtio.Testing;

/// <summary>
/// Remembers the last exception that was thrown in the flow of calls which made this object: in a test, the one that may be about to end
/// it. At the end of an
/// <c>await using</c> an exception of the disposal takes the place of the test's own, and nothing tells the disposal of that one; so it is
/// kept here to be shown too.
/// </summary>
internal sealed class TestFlow
{
    private static readonly AsyncLocal<TestFlow?> Current = new();

    private readonly TestFlow? _outer;
    private volatile Exception? _last;
    private volatile bool _isOver;

    static TestFlow() => AppDomain.CurrentDomain.FirstChanceException += Note;

    /// <summary>Begins to watch the caller's flow.</summary>
    internal TestFlow()
    {
        _outer = Current.Value;
        while (_outer is { _isOver: true })
            _outer = _outer._outer;
        Current.Value = this;
    }

    /// <summary>Ends the watch.</summary>
    /// <returns>The last exception, which the test may have caught; null when there was none.</returns>
    internal Exception? End()
    {
        Exception? last = _last;
        _isOver = true;
        _last = null;
        return last;
    }

    /// <summary>A text about a disposal's own failure, with the exception that it may take the place of.</summary>
    internal static string Describe(string problem, Exception? last) =>
        last is null
            ? problem
            : $"{problem}\n--- the last exception in the test before that, which this one hides if the test did not catch it ---\n{last}\n---";

    private static void Note(object? sender, FirstChanceExceptionEventArgs e)
    {
        for (TestFlow? flow = Current.Value; flow is not null; flow = flow._outer)
        {
            if (!flow._isOver)
                flow._last = e.Exception;
        }
    }
}
