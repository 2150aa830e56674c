using System.Runtime.ExceptionServices;

namespace Virtio.Vmm.Boards;

/// <summary>
/// What a board has made so far, undone in the reverse order: when the board is disposed, or when the next part cannot be made. Not thread-safe.
/// </summary>
internal sealed class BoardParts : IAsyncDisposable
{
    private readonly Stack<Func<ValueTask>> _undo = new();

    /// <summary>Remembers how to undo what comes next, or has just come.</summary>
    public void Add(Func<ValueTask> undo) => _undo.Push(undo);

    /// <summary>The same for a part that has no more than a disposal.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        Add(() =>
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        });
        return part;
    }

    /// <summary>Undoes everything, also when a step fails: its exception comes afterwards, the first of several.</summary>
    public async ValueTask DisposeAsync()
    {
        ExceptionDispatchInfo? failure = null;
        while (_undo.TryPop(out var undo))
        {
            try
            {
                await undo().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        failure?.Throw();
    }
}
