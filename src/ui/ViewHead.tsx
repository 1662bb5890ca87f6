import bar from './top/TopBar.module.css';
import { ViewNav } from './ViewNav.tsx';

/** How the bar of every view begins: the name, and the way to the other views. */
export function ViewHead() {
  return (
    <>
      <h1 className={bar.name}>
        MIR<span> Lab</span>
      </h1>
      <ViewNav />
    </>
  );
}
